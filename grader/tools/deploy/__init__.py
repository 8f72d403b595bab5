"""Deploy the grader as a Lambda function of your account, and remove it, without SAM.

A deployment is a list of resources (`plan`). Each compares the account with the settings and yields the actions that
are missing. A first deployment, an update, a dry run and a removal all come from this one description.
"""
