using System.Runtime.CompilerServices;
using Google.Protobuf;
using Grpc.Core;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Agent;

/// <summary>The files that the master lets one attempt use.</summary>
internal sealed class NodeFilePlane(AgentState state, Lease lease, bool ofChunk = false) : IFilePlane
{
    /// <inheritdoc/>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> Fetch(
        FileName name, long offset, long count, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new FetchRequest
        {
            NodeId = state.Options.NodeId, Session = state.Session.Current, Lease = lease, Name = Bytes(name), Offset = offset,
            Count = count,
        };
        await using var blocks = Served(() => state.Master.FetchFile(request, cancellation)).GetAsyncEnumerator(cancellation);
        while (await Served(blocks.MoveNextAsync))
        {
            Require(blocks.Current.Outcome, name);
            yield return blocks.Current.Data.Memory;
        }
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<ReadOnlyMemory<byte>> FetchMany(
        IReadOnlyList<FileName> names, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var request = new FetchFilesRequest
        {
            NodeId = state.Options.NodeId, Session = state.Session.Current, Lease = lease, Names = Bytes(names),
        };
        var all = Served(() => state.Master.FetchFiles(request, cancellation));
        await using var blocks = all.GetAsyncEnumerator(cancellation);
        while (await Served(blocks.MoveNextAsync))
        {
            Require(blocks.Current.Outcome);
            yield return blocks.Current.Data.Memory;
        }
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyCollection<FileName>> Missing(IReadOnlyList<FileName> names, CancellationToken cancellation)
    {
        var request = new MissingRequest
        {
            NodeId = state.Options.NodeId, Session = state.Session.Current, Lease = lease, Names = Bytes(names),
        };
        var answer = await Call(c => state.Master.MissingFiles(request, c), cancellation);
        Require(answer.Outcome);
        var missing = new HashSet<FileName>();
        for (var at = 0; at + FileName.Size <= answer.Missing.Length; at += FileName.Size)
            missing.Add(FileName.Read(answer.Missing.Span[at..]));
        return missing;
    }

    /// <inheritdoc/>
    public async Task Store(FileName name, long size, Func<long, Memory<byte>, int> content, CancellationToken cancellation)
    {
        var answer = await Served(() => state.Master.StoreFile(Blocks(name, size, content), cancellation));
        Require(answer.Outcome, name);
    }

    /// <inheritdoc/>
    public async Task NameArtifacts(IReadOnlyList<CollectedFile> page, CancellationToken cancellation)
    {
        var message = new ArtifactPage { NodeId = state.Options.NodeId, Session = state.Session.Current, Lease = lease };
        foreach (var file in page)
            message.Artifacts.Add(new Artifact { Path = file.Path, Name = Bytes(file.Name), Size = file.Size, Executable = file.IsExecutable });
        Require((await Call(c => state.Master.NameArtifacts(message, c), cancellation)).Outcome);
    }

    private static ByteString Bytes(FileName name) => UnsafeByteOperations.UnsafeWrap(name.ToArray());

    private static ByteString Bytes(IReadOnlyList<FileName> names)
    {
        var bytes = new byte[names.Count * FileName.Size];
        for (var i = 0; i < names.Count; i++)
            names[i].Write(bytes.AsSpan(i * FileName.Size));
        return UnsafeByteOperations.UnsafeWrap(bytes);
    }

    private Task<T> Call<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellation) =>
        Served(() => state.Call(call, state.Options.CallTimeout, cancellation));

    // The first block has no data: the answer may come before anything is read.
    private async IAsyncEnumerable<StoreBlock> Blocks(FileName name, long size, Func<long, Memory<byte>, int> content)
    {
        await Task.CompletedTask;
        yield return new StoreBlock
        {
            NodeId = state.Options.NodeId, Session = state.Session.Current, Lease = lease, Name = Bytes(name), Size = size,
        };
        for (var offset = 0L; offset < size;)
        {
            // The connection may still hold the last block.
            var block = new byte[Math.Min(FileBlocks.Size, size - offset)];
            var count = content(offset, block);
            if (count == 0)
                throw new FilePlaneException($"{name} has only {offset} of {size} bytes");
            offset += count;
            yield return new StoreBlock { Data = UnsafeByteOperations.UnsafeWrap(block.AsMemory(0, count)) };
        }
    }

    /// <summary>Runs a call. Throws <see cref="FilePlaneException"/> if the master does not have such a call.</summary>
    private static T Served<T>(Func<T> call)
    {
        try
        {
            return call();
        }
        catch (RpcException unserved) when (unserved.StatusCode == StatusCode.Unimplemented)
        {
            throw new FilePlaneException("the service has no files for workers", unserved);
        }
    }

    private static async Task<T> Served<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (RpcException unserved) when (unserved.StatusCode == StatusCode.Unimplemented)
        {
            throw new FilePlaneException("the service has no files for workers", unserved);
        }
    }

    private static async ValueTask<bool> Served(Func<ValueTask<bool>> call) => await Served(() => call().AsTask());

    private void Require(FileOutcome outcome, FileName? name = null)
    {
        if (outcome == FileOutcome.FileOk)
            return;
        var file = name?.ToString() ?? "the files";
        throw outcome switch
        {
            // The session is opened anew meanwhile, or the attempt is about to be killed.
            FileOutcome.FileSessionOver => new IOException("the session is over"),
            // A silo forgets chunks when it stops. A task is soon known again, or its attempt is killed.
            FileOutcome.FileNotHeld when ofChunk =>
                new FilePlaneException("the service does not know that this worker holds the chunk")
                {
                    IsNotHeld = true,
                },
            FileOutcome.FileNotHeld => new IOException("the service says that this worker does not hold the attempt"),
            FileOutcome.FileUnknown => new FilePlaneException($"the service does not have {file}"),
            FileOutcome.FileStoreFull => new FilePlaneException($"the service has no room for {file}"),
            FileOutcome.FileWrongHash => new FilePlaneException($"the service received {file} with another hash"),
            _ => new FilePlaneException($"the service refuses {file} ({outcome})"),
        };
    }
}
