namespace OrleansTasks.Storage;

/// <summary>A write was sent to the store, and it is unknown whether it was stored.</summary>
[GenerateSerializer, Alias("ot.OutcomeUnknownException")]
public sealed class OutcomeUnknownException : Exception
{
    /// <summary>Uses the default message.</summary>
    public OutcomeUnknownException() : this("The outcome of the write is unknown.") { }

    /// <summary>Describes what is known.</summary>
    public OutcomeUnknownException(string message) : base(message) { }

    /// <summary>Keeps the cause.</summary>
    public OutcomeUnknownException(string message, Exception? cause) : base(message, cause) { }
}
