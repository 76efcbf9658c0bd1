using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>
/// Lends connections memory in blocks of 64 KiB, from the pool that all share. Kestrel reads a socket a block at a time: with its own
/// blocks of 4 KiB a connection that brings much costs sixteen times as many system calls. A silent connection holds no block.
/// </summary>
internal sealed class BlockPool : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    /// <summary>The least size of what is lent.</summary>
    internal const int BlockSize = 64 * 1024;

    /// <inheritdoc/>
    public override int MaxBufferSize => Shared.MaxBufferSize;

    /// <inheritdoc/>
    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, BlockSize));

    /// <summary>The pool itself, which holds nothing that would have to be disposed.</summary>
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
    }
}
