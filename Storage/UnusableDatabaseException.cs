namespace OrleansTasks.Storage;

/// <summary>
/// Thrown if the store cannot be opened as it is: it is damaged, not ours, of another version, or in a place where it
/// is not safe. Nothing was changed. The message is for operators: it says what is wrong and what to do.
/// </summary>
public sealed class UnusableDatabaseException : Exception
{
    /// <summary>Creates an exception with a general message.</summary>
    public UnusableDatabaseException() : this("The database cannot be used.") { }

    /// <summary>Creates an exception whose message says what is wrong and what to do.</summary>
    public UnusableDatabaseException(string message) : base(message) { }

    /// <summary>Creates an exception with its cause.</summary>
    public UnusableDatabaseException(string message, Exception? cause) : base(message, cause) { }

    /// <summary>Throws if a store or a backup has another schema version than this program's.</summary>
    internal static void RequireVersion(string what, long found, int version)
    {
        if (found != version)
            throw new UnusableDatabaseException(
                $"The {what} has schema version {found}, but this program needs version {version}. It was not changed. Use the "
                + "program version that wrote it.");
    }
}
