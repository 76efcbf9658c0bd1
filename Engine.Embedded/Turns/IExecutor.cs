namespace OrleansTasks.Engine.Embedded;

/// <summary>
/// Decides when and where turn queues run. The pool runs them on threads; a simulation runs them one turn at a time, in
/// an order of its choice.
/// </summary>
internal interface IExecutor
{
    /// <summary>
    /// The queue has work. It is not announced again before <see cref="TurnQueue.Run"/> returned false.
    /// </summary>
    void Ready(TurnQueue queue);
}
