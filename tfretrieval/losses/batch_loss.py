"""What the losses that compare pictures of a batch see of it, where replicas share the batch."""

import tensorflow as tf


@tf.keras.utils.register_keras_serializable(package="tfretrieval")
class BatchLoss(tf.keras.losses.Loss):
    """The base of losses on pairs and triplets of a batch.

    Under ``tf.distribute`` a replica compares the pictures of its own share: fewer pairs, and none
    between shares. With ``gather=True`` it compares them with those of all replicas, which are sent
    to each (once an embedding and step, and their gradient back): the loss and its gradient are
    those of one device with the whole batch, shares of equal size given. On one device it changes
    nothing.

    A subclass has ``of_batch(y_true, y_pred)``: one value a picture, of those that it is given.

    Args:
        gather: whether a replica sees what all have.

    >>> import tfretrieval as tfr
    >>> tfr.losses.MultiSimilarityLoss(gather=True).get_config()["gather"]
    True
    """

    def __init__(self, reduction: str, name: str, gather: bool = False, **kwargs):
        super().__init__(reduction=reduction, name=name, **kwargs)
        self.gather = gather

    def call(self, y_true, y_pred):
        replica = tf.distribute.get_replica_context()
        if not self.gather or replica is None or replica.num_replicas_in_sync == 1:
            return self.of_batch(y_true, y_pred)
        y_true, y_pred = tf.convert_to_tensor(y_true), tf.convert_to_tensor(y_pred)
        own = tf.shape(y_pred)[0]
        # The gradient of what is gathered is the sum of all replicas' gradients of it.
        values = self.of_batch(*(_gathered(replica, rows) for rows in (y_true, y_pred)))
        counts = replica.all_gather(own[None], axis=0)
        first = tf.reduce_sum(counts[: replica.replica_id_in_sync_group])
        return values[first : first + own]

    def of_batch(self, y_true, y_pred):
        """One value a picture, float32 ``[B]``."""
        raise NotImplementedError

    def get_config(self):
        return {**super().get_config(), "gather": self.gather}


def _gathered(replica, rows):
    """The rows of all replicas; gathering forgets how long they are."""
    return tf.ensure_shape(replica.all_gather(rows, axis=0), [None, *rows.shape[1:]])
