"""The grader as a Lambda function of your account, made and removed without SAM.

A deployment is a list of resources (`plan`). Each looks at what there is and yields the actions that are missing,
so that a first deployment, one that changes nothing, a dry run and a removal all come from one description.
"""
