"""What the queue gave up on is seen until it is deleted."""

import pytest

from switchhook.adapters.queues import DeadLetterQueue
from switchhook.domain.errors import Retryable

pytestmark = [pytest.mark.emulator]


@pytest.fixture
def sqs(aws):
    return aws.client("sqs")


@pytest.fixture
def queue_url(sqs):
    url = sqs.create_queue(QueueName="dead", Attributes={"VisibilityTimeout": "0"})["QueueUrl"]
    for number in range(3):
        sqs.send_message(QueueUrl=url, MessageBody=f"letter {number}")
    return url


@pytest.mark.rule("SH-2")
def test_a_dead_letter_comes_back_until_it_is_deleted(sqs, queue_url):
    letters = DeadLetterQueue(sqs, queue_url=queue_url)
    expected = ["letter 0", "letter 1", "letter 2"]
    assert sorted(letter.body for letter in letters.receive(10)) == expected

    for letter in letters.receive(50):
        letters.delete(letter.receipt)
        letters.delete(letter.receipt)

    assert letters.receive(10) == ()


def test_no_more_are_taken_than_asked_for(sqs, queue_url):
    assert len(DeadLetterQueue(sqs, queue_url=queue_url).receive(2)) == 2


def test_a_queue_that_is_gone_is_worth_another_try(sqs, queue_url):
    letters = DeadLetterQueue(sqs, queue_url=queue_url)
    sqs.delete_queue(QueueUrl=queue_url)

    with pytest.raises(Retryable):
        letters.receive(1)
