namespace OrleansTasks.Tasks.Spec;

/// <summary>The position of a spec and its secrets in the document from which they were read.</summary>
/// <param name="Start">The offset of the object's first byte.</param>
/// <param name="End">The offset of the byte after the object.</param>
/// <param name="SecretName">The offset of the name <c>secretEnv</c>; 0 if there is none.</param>
/// <param name="SecretStart">The offset of its value.</param>
/// <param name="SecretEnd">The offset of the byte after its value.</param>
public readonly record struct SpecExtent(int Start, int End, int SecretName, int SecretStart, int SecretEnd)
{
    /// <summary>Copies the spec as submitted, without <c>secretEnv</c>.</summary>
    public byte[] CopySpec(ReadOnlySpan<byte> document)
    {
        if (SecretName == 0)
            return document[Start..End].ToArray();
        var (from, to) = SecretRange(document);
        return [.. document[Start..from], .. document[to..End]];
    }

    /// <summary>
    /// Returns the range to omit from the document to remove <c>secretEnv</c>: the field with one comma. Returns an
    /// empty range if there is no such field.
    /// </summary>
    public (int From, int To) SecretRange(ReadOnlySpan<byte> document)
    {
        if (SecretName == 0)
            return default;
        var next = SecretEnd + document[SecretEnd..End].IndexOfAnyExcept(" \t\r\n"u8);
        if (document[next] == (byte)',')
            return (SecretName, next + 1);
        return document[Start..SecretName].TrimEnd(" \t\r\n"u8) is [.., (byte)',' ] before
            ? (Start + before.Length - 1, SecretEnd)
            : (SecretName, SecretEnd);
    }

    /// <summary>Copies the value of <c>secretEnv</c>; empty if there is none.</summary>
    public byte[] CopySecrets(ReadOnlySpan<byte> document) => document[SecretStart..SecretEnd].ToArray();
}
