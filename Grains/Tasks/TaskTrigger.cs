namespace OrleansTasks.Tasks;

/// <summary>What makes a task change its state.</summary>
public enum TaskTrigger : byte
{
    /// <summary>Its time has come, or its backoff is over.</summary>
    BecomeDue,

    /// <summary>It got a slot of a node.</summary>
    Assign,

    /// <summary>Its node took it up.</summary>
    Confirm,

    /// <summary>Its node did not start it, or put it back: the attempt does not count.</summary>
    PutBack,

    /// <summary>Its command exited with 0.</summary>
    Succeed,

    /// <summary>Its attempt failed and none is left.</summary>
    Fail,

    /// <summary>Its attempt failed and another one follows after a wait.</summary>
    BackOff,

    /// <summary>Its node was lost, and another one shall run it.</summary>
    LoseNode,

    /// <summary>Somebody cancelled it, and nothing of it runs.</summary>
    Cancel,

    /// <summary>It had not started by the time it had to.</summary>
    Expire,

    /// <summary>Somebody wants an ended one run again.</summary>
    Retry,
}
