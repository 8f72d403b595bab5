"""How an answer runs: processes, isolation layers, limits. Knows neither grader nor test cases."""
