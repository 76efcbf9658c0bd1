namespace OrleansTasks.Worker.Files;

/// <summary>A file cannot be had, or cannot be stored, however often that is tried; the message says why.</summary>
internal sealed class FilePlaneException : IOException
{
    /// <summary>Creates the exception.</summary>
    internal FilePlaneException(string message, Exception? cause = null)
        : base(message, cause)
    {
    }

    /// <summary>Whether the service does not know that this worker holds the attempt.</summary>
    internal bool IsNotHeld { get; init; }
}
