namespace Orleans.Serialization;

/// <summary>A type is not known and has no <see cref="GenerateSerializerAttribute"/>, so it cannot be sent.</summary>
public sealed class CodecNotFoundException : SerializerException
{
    /// <summary>With a message.</summary>
    /// <param name="message">What is wrong.</param>
    public CodecNotFoundException(string message) : base(message)
    {
    }
}
