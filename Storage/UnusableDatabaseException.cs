namespace OrleansTasks.Storage;

/// <summary>
/// The store cannot be opened as it is: damaged, not ours, of another version, or in a place where it is not safe.
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

    /// <summary>Refuses a store or a backup whose tables are of another version than this program's.</summary>
    internal static void RequireVersion(string what, long found, int version)
    {
        if (found != version)
            throw new UnusableDatabaseException(
                $"The {what} has schema version {found}; this program needs version {version}. It was left as it is. Use the "
                + "program that wrote it.");
    }
}
