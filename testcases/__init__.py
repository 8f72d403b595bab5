"""What a correct answer is: problems, their formats, comparison. Knows neither grader nor sandbox."""
