namespace OrleansTasks.Cli.Streams;

/// <summary>
/// Writes to a descriptor, which stays open. Throws <see cref="OutputLostException"/> if it does not take the bytes.
/// </summary>
/// <param name="descriptor">The descriptor.</param>
internal sealed class DescriptorStream(int descriptor) : WriteOnlyStream
{
    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer) => StandardDescriptors.Write(descriptor, buffer);
}
