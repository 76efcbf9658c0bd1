namespace OrleansTasks.Storage;

/// <summary>A write was sent to the store and nobody can say whether it landed.</summary>
[GenerateSerializer, Alias("ot.OutcomeUnknownException")]
public sealed class OutcomeUnknownException : Exception
{
    /// <summary>Makes one without a message of its own.</summary>
    public OutcomeUnknownException() : this("The outcome of the write is unknown.") { }

    /// <summary>Makes one that says what is known.</summary>
    public OutcomeUnknownException(string message) : base(message) { }

    /// <summary>Makes one that keeps its cause.</summary>
    public OutcomeUnknownException(string message, Exception? cause) : base(message, cause) { }
}
