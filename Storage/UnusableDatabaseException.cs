namespace OrleansTasks.Storage;

/// <summary>
/// The store cannot be opened as it is: damaged, not ours, of a newer program, or in a place where it is not safe.
/// Nothing was changed. The message is for operators: it says what is wrong and what to do.
/// </summary>
public sealed class UnusableDatabaseException : Exception
{
    /// <summary>Makes one without a message of its own.</summary>
    public UnusableDatabaseException() : this("The database cannot be used.") { }

    /// <summary>Makes one that says what is wrong and what to do.</summary>
    public UnusableDatabaseException(string message) : base(message) { }

    /// <summary>Makes one that keeps its cause.</summary>
    public UnusableDatabaseException(string message, Exception? cause) : base(message, cause) { }
}
