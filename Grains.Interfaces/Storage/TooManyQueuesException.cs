namespace OrleansTasks.Storage;

/// <summary>The service has as many queues as it may, and a request asked for another one. Nothing was written.</summary>
[GenerateSerializer, Alias("ot.TooManyQueuesException")]
public sealed class TooManyQueuesException : Exception
{
    /// <summary>Makes one.</summary>
    public TooManyQueuesException() : this("The service has as many queues as it may.") { }

    /// <summary>Makes one with a message.</summary>
    public TooManyQueuesException(string message) : base(message) { }

    /// <summary>Makes one that keeps its cause.</summary>
    public TooManyQueuesException(string message, Exception? cause) : base(message, cause) { }
}
