"""`manage.py worker QUEUE`: one RQ worker on one queue."""

import django_rq
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from redis.exceptions import RedisError

from uploads import batchfile
from uploads.management.recovery import require_held
from uploads.workers import Worker, load_jobs


class Command(BaseCommand):
    """Works on the jobs of exactly one queue: a long check never keeps a delivery waiting."""

    help = f"Work on the jobs of one queue: {', '.join(settings.RQ_QUEUES)}."
    requires_system_checks = ()

    def add_arguments(self, parser):
        """The queue's name."""
        parser.add_argument("queue", metavar="QUEUE")

    def handle(self, *args, queue, **options):
        """Work until SIGTERM, then finish the present job. Raises CommandError where it cannot start."""
        if queue not in settings.RQ_QUEUES:
            raise CommandError(f"There is no queue {queue!r}; there are {', '.join(settings.RQ_QUEUES)}.")
        require_held()
        place = "{HOST}:{PORT}".format(**settings.RQ_QUEUES[queue])
        try:
            jobs = django_rq.get_queue(queue)
            # Says hello to Redis. Nothing may use the connection earlier: it would keep redis-py's
            # timeout, which is no longer than one blocking read of the worker.
            worker = Worker([jobs], connection=jobs.connection, queue_class=type(jobs))
        except RedisError as error:
            raise CommandError(f"Redis at {place} cannot be used: {error}") from None
        load_jobs()
        if queue == "checking":
            batchfile.warm_up()
        self.stdout.write(f"waiting for jobs from {place}")
        worker.work()
