namespace OrleansTasks.Storage.Files;

/// <summary>Thrown if a store of files has no room for more.</summary>
/// <param name="message">A message for operators, without paths.</param>
/// <param name="cause">What the system reported, if anything.</param>
public sealed class FileStoreFullException(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Uses the default message.</summary>
    public FileStoreFullException() : this("The store of files is full.") { }
}
