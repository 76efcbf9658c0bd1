using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>
/// Rents memory to connections in blocks of 64 KiB from the process's shared pool. Kestrel reads a socket one block at
/// a time, so with its own blocks of 4 KiB a busy connection needs sixteen times as many system calls. A silent
/// connection holds no block.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    /// <summary>The minimum size of a rented block, in bytes.</summary>
    internal const int BlockSize = 64 * 1024;

    /// <inheritdoc/>
    public override int MaxBufferSize => Shared.MaxBufferSize;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, BlockSize));

    /// <summary>Returns this pool, which holds nothing to dispose.</summary>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
