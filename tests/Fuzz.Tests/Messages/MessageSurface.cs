using System.Text;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Fuzz.Tests.Messages;

/// <summary>
/// Everything that is written by one program and read by another, or by the same one later, in this process. An input
/// is the codec's name, a space, what is done (<c>future</c> or <c>read</c>), a line feed, and the bytes.
/// </summary>
/// <param name="codecs">The forms.</param>
internal sealed class MessageSurface(IReadOnlyList<Codec> codecs) : ISurface
{
    private const string Future = "future";
    private const long MostAllocated = 256 << 20;
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(2);

    private static readonly Codec[] All =
    [
        Codec.OfMessage(Lease.Parser), Codec.OfMessage(AuthorityRequest.Parser),
        Codec.OfMessage(AuthorityAnswer.Parser), Codec.OfMessage(JoinRequest.Parser),
        Codec.OfMessage(JoinAnswer.Parser), Codec.OfMessage(StatusReport.Parser), Codec.OfMessage(Gpu.Parser),
        Codec.OfMessage(Registration.Parser),
        Codec.OfMessage(StatusAnswer.Parser), Codec.OfMessage(QueueTerm.Parser),
        Codec.OfMessage(AssignRequest.Parser), Codec.OfMessage(Commands.Parser), Codec.OfMessage(Start.Parser),
        Codec.OfMessage(Chunk.Parser),
        Codec.OfMessage(Progress.Parser), Codec.OfMessage(ProgressAnswer.Parser), Codec.OfMessage(Result.Parser),
        Codec.OfMessage(OutputChunks.Parser),
        Codec.OfMessage(OutputChunk.Parser), Codec.OfMessage(OutputAnswer.Parser),
        Codec.OfMessage(ArrivalMarks.Parser), Codec.OfMessage(ArrivalMark.Parser), Codec.OfMessage(TaskFiles.Parser),
        Codec.OfMessage(TaskInput.Parser), Codec.OfMessage(ArtifactPattern.Parser), Codec.OfMessage(IsolationTerms.Parser),
        Codec.OfMessage(ContainerTerms.Parser), Codec.OfMessage(ContainerMountTerms.Parser),
        Codec.OfMessage(AttemptProgress.Parser),
        Codec.OfMessage(FetchRequest.Parser), Codec.OfMessage(FetchFilesRequest.Parser), Codec.OfMessage(FetchBlock.Parser),
        Codec.OfMessage(MissingRequest.Parser),
        Codec.OfMessage(MissingAnswer.Parser), Codec.OfMessage(StoreBlock.Parser), Codec.OfMessage(StoreAnswer.Parser),
        Codec.OfMessage(ArtifactPage.Parser), Codec.OfMessage(Artifact.Parser), Codec.OfMessage(ArtifactAnswer.Parser),
        Codec.OfMessage(ListFolder.Parser), Codec.OfMessage(FolderListing.Parser), Codec.OfMessage(FolderEntry.Parser),
        Codec.OfMessage(FolderAnswer.Parser), .. StoredForms.All(),
        .. ChunkForms.All(),
    ];

    /// <summary>Makes the surface of all forms.</summary>
    public MessageSurface()
        : this(All)
    {
    }

    /// <inheritdoc/>
    public string Name => "messages";

    /// <inheritdoc/>
    public int MostInTests => 2_000;

    /// <summary>The names of the protobuf types that are covered.</summary>
    public IEnumerable<string> Names => codecs.Select(static codec => codec.Name);

    /// <inheritdoc/>
    public byte[] Make(Random random, Corpus corpus)
    {
        var kind = random.Next(100);
        if (kind < 10 && ChangeKept(random, corpus.Pick(random)) is { } changed)
            return changed;
        var codec = random.Pick(codecs);
        var bytes = codec.Make(random);
        if (kind < 45 && codec.TakesFuture is not null)
            return Input(codec.Name, Future, bytes);
        return Input(codec.Name, "read", kind < 50 ? bytes : codec.Name.Contains('-', StringComparison.Ordinal)
            || codec.TakesFuture is null
            ? ByteMutator.Change(random, bytes) : new WireMutator(random).Break(bytes));
    }

    /// <inheritdoc/>
    public Task<string> Try(byte[] input)
    {
        var end = input.AsSpan().IndexOf((byte)'\n');
        var head = Encoding.ASCII.GetString(input.AsSpan(0, end)).Split(' ');
        var (codec, bytes) = (codecs.Single(codec => codec.Name == head[0]), input[(end + 1)..]);
        var (outcome, took, more) = Measure(codec, head[1] == Future, bytes);
        // A machine that stood still stands still once: only the bytes make the second read slow, too.
        if (took > Limit && Measure(codec, head[1] == Future, bytes).Took > Limit)
            throw new FindingException(
                $"{codec.Name}: {bytes.Length} bytes took {took.TotalMilliseconds:F0} ms to read: {Shown(bytes)}");
        if (more > MostAllocated)
            throw new FindingException(
                $"{codec.Name}: {bytes.Length} bytes made the reader allocate {more >> 20} MiB: {Shown(bytes)}");
        return Task.FromResult(outcome);
    }

    /// <inheritdoc/>
    public Task Check() => Task.CompletedTask;

    private static (string Outcome, TimeSpan Took, long Allocated) Measure(Codec codec, bool isFuture, byte[] bytes)
    {
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var began = TimeProvider.System.GetTimestamp();
        var outcome = Read(codec, isFuture, bytes);
        return (outcome, TimeProvider.System.GetElapsedTime(began), GC.GetAllocatedBytesForCurrentThread() - allocated);
    }

    private static string Read(Codec codec, bool isFuture, byte[] bytes)
    {
        try
        {
            if (isFuture)
                codec.TakesFuture!(bytes,
                    new Random(bytes.Aggregate(17, static (hash, one) => unchecked((hash * 31) + one))));
            else
                codec.Read(bytes);
            return isFuture ? "future taken" : "read";
        }
        catch (Exception refusal) when (!isFuture && codec.IsRefusal(refusal))
        {
            return "refused";
        }
        catch (Exception fault) when (fault is not FindingException)
        {
            var (small, same) = isFuture ? (bytes, fault) : Shrink(codec, bytes, fault);
            throw new FindingException(
                $"{codec.Name}: {same.GetType().Name} instead of the documented exception, "
                + $"of {Shown(small)}: {same.Message}\n{Where(same)}");
        }
    }

    /// <summary>Leaves bytes out as long as the same exception comes.</summary>
    private static (byte[] Bytes, Exception Fault) Shrink(Codec codec, byte[] bytes, Exception fault)
    {
        for (var length = Math.Max(1, bytes.Length / 2); length > 0; length /= 2)
        {
            for (var at = 0; at + length <= bytes.Length;)
            {
                byte[] smaller = [.. bytes[..at], .. bytes[(at + length)..]];
                if (FaultOf(codec, smaller) is { } again && again.GetType() == fault.GetType())
                    (bytes, fault) = (smaller, again);
                else
                    at += length;
            }
        }

        return (bytes, fault);
    }

    private static Exception? FaultOf(Codec codec, byte[] bytes)
    {
        try
        {
            codec.Read(bytes);
            return null;
        }
        catch (Exception fault)
        {
            return fault;
        }
    }

    /// <summary>
    /// Changes the bytes of a kept input behind its first line; null for one that promises something of the future.
    /// </summary>
    private static byte[]? ChangeKept(Random random, byte[] kept)
    {
        var end = kept.AsSpan().IndexOf((byte)'\n') + 1;
        return Encoding.ASCII.GetString(kept.AsSpan(0, end)).Contains(Future, StringComparison.Ordinal) ? null
            : [.. kept.AsSpan(0, end), .. ByteMutator.Change(random, kept.AsSpan(end))];
    }

    private static byte[] Input(string codec, string act, byte[] bytes) =>
        [.. Encoding.ASCII.GetBytes($"{codec} {act}\n"), .. bytes];

    private static string Shown(byte[] bytes) =>
        bytes.Length <= 200 ? Convert.ToHexString(bytes)
            : $"{Convert.ToHexString(bytes.AsSpan(0, 200))}… ({bytes.Length} bytes)";

    private static string Where(Exception fault) =>
        (fault.StackTrace ?? "").Split('\n')
            .FirstOrDefault(static line => line.Contains("OrleansTasks", StringComparison.Ordinal))?.Trim() ?? "";
}
