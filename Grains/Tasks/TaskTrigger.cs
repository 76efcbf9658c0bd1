namespace OrleansTasks.Tasks;

/// <summary>What makes a task change its state; <see cref="TaskTransitions"/> has the table, with room for 16. Not stored.</summary>
public enum TaskTrigger : byte
{
    /// <summary>Its time has come, or its backoff is over.</summary>
    BecomeDue,

    /// <summary>It got a slot of a node.</summary>
    Assign,

    /// <summary>Its node said that it has taken the attempt up, or a result implies that.</summary>
    Confirm,

    /// <summary>Its node gave the attempt back: it does not count as a failure.</summary>
    PutBack,

    /// <summary>Its command exited with 0.</summary>
    Succeed,

    /// <summary>Its attempt failed and none is left, or too many nodes were lost with it.</summary>
    Fail,

    /// <summary>Its attempt failed and another one follows after a wait.</summary>
    BackOff,

    /// <summary>Its node was lost, and it is queued again; the attempt does not count as a failure.</summary>
    LoseNode,

    /// <summary>A cancel was asked for, and no node has the task, or its attempt has ended.</summary>
    Cancel,

    /// <summary>Its <c>expiresAt</c> came before its first attempt.</summary>
    Expire,

    /// <summary>A user asked for a failed or cancelled task to be run again.</summary>
    Retry,
}
