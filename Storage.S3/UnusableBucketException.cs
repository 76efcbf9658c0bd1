namespace OrleansTasks.Storage.S3;

/// <summary>
/// Thrown if files cannot be kept in a bucket until somebody changes a setting. The message says which.
/// </summary>
public sealed class UnusableBucketException : Exception
{
    /// <summary>Uses the default message.</summary>
    public UnusableBucketException() : this("The bucket cannot be used.") { }

    /// <summary>Uses a message for operators.</summary>
    public UnusableBucketException(string message) : base(message) { }

    /// <summary>Uses a message and the exception that caused this one.</summary>
    public UnusableBucketException(string message, Exception? cause) : base(message, cause) { }
}
