"""How an answer runs: processes, walls, limits. Knows neither grader nor test cases."""
