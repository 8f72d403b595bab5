"""The sandbox: processes, isolation layers and limits for answers. It knows neither grader nor test cases."""
