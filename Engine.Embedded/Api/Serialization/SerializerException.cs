namespace Orleans.Serialization;

/// <summary>Something could not be made ready for sending.</summary>
public class SerializerException : Exception
{
    /// <summary>Without a message.</summary>
    public SerializerException()
    {
    }

    /// <summary>With a message.</summary>
    /// <param name="message">What is wrong.</param>
    public SerializerException(string message) : base(message)
    {
    }

    /// <summary>With a message and a cause.</summary>
    /// <param name="message">What is wrong.</param>
    /// <param name="innerException">Why.</param>
    public SerializerException(string message, Exception innerException) : base(message, innerException)
    {
    }
}
