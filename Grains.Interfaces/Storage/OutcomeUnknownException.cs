namespace OrleansTasks.Storage;

/// <summary>Thrown when a write was sent to the store but it is unknown whether it was stored.</summary>
[GenerateSerializer, Alias("ot.OutcomeUnknownException")]
public sealed class OutcomeUnknownException : Exception
{
    /// <summary>Uses the default message.</summary>
    public OutcomeUnknownException() : this("The outcome of the write is unknown.") { }

    /// <summary>Uses a message that describes what is known.</summary>
    public OutcomeUnknownException(string message) : base(message) { }

    /// <summary>Uses a message and the exception that caused this one.</summary>
    public OutcomeUnknownException(string message, Exception? cause) : base(message, cause) { }
}
