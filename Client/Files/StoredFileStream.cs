using OrleansTasks.Files;

namespace OrleansTasks.Client.Files;

/// <summary>The bytes of a stored file, read in blocks as they are asked for.</summary>
/// <param name="files">The stored files.</param>
/// <param name="file">The file.</param>
internal sealed class StoredFileStream(IFileReaderGrain files, StoredFile file) : Stream
{
    private FileBlock? block;

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => true;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => file.Bytes;

    /// <inheritdoc/>
    public override long Position { get; set; }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (Position >= file.Bytes || buffer.IsEmpty)
            return 0;
        if (block is null || Position < block.Offset || Position >= block.Offset + block.Bytes.Length)
        {
            Release();
            block = await files.Read(file.Name, Position, (int)Math.Min(ServiceLimits.FileBlockBytes, file.Bytes - Position))
                ?? throw new IOException("The file was removed while it was being sent.");
            if (block.Bytes.IsEmpty)
                throw new IOException("The file became shorter while it was being sent.");
        }

        var rest = block.Bytes[(int)(Position - block.Offset)..];
        var count = Math.Min(rest.Length, buffer.Length);
        rest[..count].CopyTo(buffer);
        Position += count;
        return count;
    }

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Files are read without blocking.");

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => file.Bytes + offset,
    };

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Release();
        base.Dispose(disposing);
    }

    private void Release()
    {
        if (block is not null)
            BlockArrays.Return(block.Bytes);
        block = null;
    }
}
