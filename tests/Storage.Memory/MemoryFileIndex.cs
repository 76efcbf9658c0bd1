using System.Text;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Storage.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Memory;

/// <summary>The index of files in memory, for tests and simulations.</summary>
public sealed class MemoryFileIndex : IFileIndex
{
    private const int UsesShown = 10;
    private static readonly Comparer<string> Utf8Order = Comparer<string>.Create(static (left, right) =>
        Encoding.UTF8.GetBytes(left).AsSpan().SequenceCompareTo(Encoding.UTF8.GetBytes(right)));

    private static readonly Comparer<(FileUseKind Kind, string Id, FileName Name)> UseOrder =
        Comparer<(FileUseKind Kind, string Id, FileName Name)>.Create(static (left, right) =>
            left.Kind.CompareTo(right.Kind) is var kind and not 0 ? kind
            : Utf8Order.Compare(left.Id, right.Id) is var id and not 0 ? id
            : left.Name.CompareTo(right.Name));

    private readonly Lock gate = new();
    private readonly SortedDictionary<FileName, Entry> entries = [];
    private readonly SortedSet<(FileUseKind Kind, string Id, FileName Name)> uses = new(UseOrder);
    private readonly Dictionary<(TaskId Task, LeaseToken Token), SortedDictionary<string, (ArtifactRow Row, long At)>>
        byAttempt = [];

    /// <summary>The names that something names: what must be in the store.</summary>
    public ImmutableArray<FileName> Named
    {
        get
        {
            lock (gate)
                return [.. AllNamed().Order()];
        }
    }

    private IEnumerable<(ArtifactRow Row, long At)> Rows => byAttempt.Values.SelectMany(static rows => rows.Values);

    /// <inheritdoc/>
    public Task<ImmutableArray<FileState>> Reserve(IReadOnlyList<StoredFile> files, long at)
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<FileState>>([.. files.Select(file =>
            {
                if (!entries.TryGetValue(file.Name, out var entry))
                    entries[file.Name] = entry = new Entry { Bytes = file.Bytes, CreatedAt = at };
                if (entry.State != FileState.Leaving)
                    entry.SeenAt = at;
                return entry.State;
            })]);
    }

    /// <inheritdoc/>
    public Task Confirm(IReadOnlyList<FileName> names, long at)
    {
        lock (gate)
        {
            if (names.Any(name => !entries.TryGetValue(name, out var entry) || entry.State == FileState.Leaving))
                return Task.FromException(new StoreUnavailableException("A file was removed while it was being stored."));
            foreach (var entry in names.Select(name => entries[name]))
                (entry.State, entry.SeenAt) = (FileState.Stored, at);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<FileName>> Missing(IReadOnlyList<FileName> names, long at)
    {
        lock (gate)
            return Task.FromResult(Unstored(names, at));
    }

    /// <inheritdoc/>
    public Task<StoredFile?> Find(FileName name)
    {
        lock (gate)
            return Task.FromResult<StoredFile?>(
                entries.TryGetValue(name, out var entry) && entry.State == FileState.Stored
                    ? new StoredFile(name, entry.Bytes) : null);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<StoredFile>> FindAll(IReadOnlyList<FileName> names)
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<StoredFile>>([.. names.Distinct()
                .Where(name => entries.TryGetValue(name, out var entry) && entry.State == FileState.Stored)
                .Select(name => new StoredFile(name, entries[name].Bytes))]);
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<FileView>> List(FileSort sort, FilePosition? after, int limit, CancellationToken cancellation = default)
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<FileView>>([.. entries.Where(static file => file.Value.State == FileState.Stored)
                .Select(file => (Key: sort == FileSort.Age ? file.Value.CreatedAt : -file.Value.Bytes, Name: file.Key, Entry: file.Value))
                .OrderBy(static file => file.Key).ThenBy(static file => file.Name)
                .Where(file => after is not { } last || (file.Key, file.Name).CompareTo((last.Key, last.Name)) > 0).Take(limit)
                .Select(file => new FileView(
                    new StoredFile(file.Name, file.Entry.Bytes), file.Entry.CreatedAt, file.Entry.SeenAt, UsesOf(file.Name)))]);
    }

    /// <inheritdoc/>
    public Task<(long Files, long Bytes)> Totals()
    {
        lock (gate)
            return Task.FromResult(((long)entries.Count, entries.Values.Sum(static entry => entry.Bytes)));
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<FileName>> AddUses(FileUse owner, IReadOnlyList<FileName> names, long at)
    {
        lock (gate)
        {
            var missing = Unstored(names, at);
            if (missing.IsEmpty)
            {
                foreach (var name in names)
                    uses.Add((owner.Kind, owner.Id, name));
            }

            return Task.FromResult(missing);
        }
    }

    /// <summary>Records that an owner names files, as a commit does.</summary>
    internal void Use(FileUse owner, ImmutableArray<FileName> names)
    {
        lock (gate)
        {
            foreach (var name in names)
                uses.Add((owner.Kind, owner.Id, name));
        }
    }

    /// <summary>Removes all uses that commits record. A definition's are recorded on their own.</summary>
    public void ForgetCommitted()
    {
        lock (gate)
            uses.RemoveWhere(static use => use.Kind != FileUseKind.Definition);
    }

    /// <summary>Returns the files that an owner names.</summary>
    public ImmutableArray<FileName> NamedBy(FileUse owner)
    {
        lock (gate)
            return [.. uses.Where(use => use.Kind == owner.Kind && use.Id == owner.Id).Select(static use => use.Name)];
    }

    /// <inheritdoc/>
    public Task RemoveUses(FileUse owner)
    {
        lock (gate)
            uses.RemoveWhere(use => use.Kind == owner.Kind && use.Id == owner.Id);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<FileName>> AddArtifacts(TaskId task, LeaseToken token, IReadOnlyList<ArtifactRow> artifacts, long at)
    {
        lock (gate)
        {
            var missing = Unstored([.. artifacts.Select(static row => row.File.Name)], at);
            if (!missing.IsEmpty)
                return Task.FromResult(missing);
            if (!byAttempt.TryGetValue((task, token), out var rows))
                byAttempt[(task, token)] = rows = new SortedDictionary<string, (ArtifactRow, long)>(Utf8Order);
            foreach (var row in artifacts)
                rows[row.Path] = (row, at);
            return Task.FromResult(missing);
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<ArtifactRow>> Artifacts(TaskId task, LeaseToken token, string? after, int limit)
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<ArtifactRow>>([.. RowsOf(task, token).Select(static row => row.Row)
                .Where(row => after is null || Utf8Order.Compare(row.Path, after) > 0).Take(limit)]);
    }

    /// <inheritdoc/>
    public Task<ArtifactRow?> FindArtifact(TaskId task, LeaseToken token, string path)
    {
        lock (gate)
            return Task.FromResult(RowsOf(task, token).Select(static row => row.Row).FirstOrDefault(row => row.Path == path));
    }

    /// <inheritdoc/>
    public Task<(long Count, long Bytes)> CountArtifacts(TaskId task, LeaseToken token)
    {
        lock (gate)
            return Task.FromResult(((long)RowsOf(task, token).Count(), RowsOf(task, token).Sum(static row => row.Row.File.Bytes)));
    }

    /// <inheritdoc/>
    public Task<RemovedArtifacts> RemoveArtifacts(TaskId task, LeaseToken token, long seenAt, int limit)
    {
        lock (gate)
        {
            if (!byAttempt.TryGetValue((task, token), out var rows))
                return Task.FromResult(default(RemovedArtifacts));
            // The databases key artifacts by the hash of the path, so they remove them in this order.
            var removed = rows.Values.OrderBy(static row => FileName.Of(Encoding.UTF8.GetBytes(row.Row.Path)))
                .Take(limit).ToArray();
            foreach (var (row, _) in removed)
                rows.Remove(row.Path);
            if (rows.Count == 0)
                byAttempt.Remove((task, token));
            return Task.FromResult(
                new RemovedArtifacts(removed.Length, Free(removed, seenAt).Sum(static entry => entry.Bytes)));
        }
    }

    /// <inheritdoc/>
    public Task<long> NamedBytes()
    {
        lock (gate)
        {
            var named = AllNamed();
            // A commit may name a file whose bytes are already going.
            return Task.FromResult(entries
                .Where(file => file.Value.State != FileState.Leaving && named.Contains(file.Key))
                .Sum(static file => file.Value.Bytes));
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<(TaskId Task, LeaseToken Token)>> OldArtifacts(long recordedBefore, TaskId? after, int limit)
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<(TaskId, LeaseToken)>>([.. byAttempt
                .Where(held => held.Key.Task > (after ?? default) && held.Value.Values.Any(row => row.At < recordedBefore))
                .Select(static held => held.Key).OrderBy(static key => key.Task).ThenBy(static key => (key.Token.High, key.Token.Low))
                .Take(limit)]);
    }

    /// <inheritdoc/>
    public Task<ClaimedFiles> Claim(long seenBefore, long claimedBefore, FileClaim claim, int limit)
    {
        lock (gate)
        {
            var unseen = entries.Where(file => file.Value.State != FileState.Leaving && file.Value.SeenAt < seenBefore)
                .OrderBy(static file => file.Value.SeenAt).Take(limit).ToArray();
            var left = entries.Where(file => file.Value.State == FileState.Leaving && file.Value.Claim.At < claimedBefore)
                .OrderBy(static file => file.Value.Claim.At).Take(limit).ToArray();
            var named = AllNamed();
            foreach (var (name, entry) in unseen)
            {
                if (named.Contains(name))
                    (entry.SeenAt, entry.Claim) = (claim.At, claim);
                else
                    (entry.State, entry.Claim) = (FileState.Leaving, claim);
            }

            foreach (var (_, entry) in left)
                entry.Claim = claim;
            return Task.FromResult(new ClaimedFiles(
                [.. unseen.Concat(left).Where(static file => file.Value.State == FileState.Leaving).Select(static file => file.Key)],
                unseen.Length == limit || left.Length == limit));
        }
    }

    /// <inheritdoc/>
    public Task<ImmutableArray<FileName>> Unknown(IReadOnlyList<FileName> names)
    {
        lock (gate)
            return Task.FromResult<ImmutableArray<FileName>>([.. names.Where(name => !entries.ContainsKey(name)).Distinct()]);
    }

    /// <inheritdoc/>
    public Task<bool> ClaimOrphan(FileName name, FileClaim claim)
    {
        lock (gate)
            return Task.FromResult(entries.TryAdd(name, new Entry { State = FileState.Leaving, Claim = claim }));
    }

    /// <inheritdoc/>
    public Task<bool> Holds(FileName name, FileClaim claim)
    {
        lock (gate)
            return Task.FromResult(Held(name, claim));
    }

    /// <inheritdoc/>
    public Task Forget(IReadOnlyList<FileName> names, FileClaim claim)
    {
        lock (gate)
        {
            foreach (var name in names.Where(name => Held(name, claim)).ToArray())
                entries.Remove(name);
        }

        return Task.CompletedTask;
    }

    private HashSet<FileName> AllNamed() =>
        uses.Select(static use => use.Name).Concat(Rows.Select(static row => row.Row.File.Name)).ToHashSet();

    // Returns the files that removed artifacts were the last to name. The next sweep takes them, except a file that
    // somebody has asked for since: it was seen later than its latest artifact was recorded, and later than a sweep
    // last looked at it, which is the claim's time of a stored file.
    private ImmutableArray<Entry> Free(IReadOnlyList<(ArtifactRow Row, long At)> removed, long seenAt)
    {
        var latest = removed.Max(static row => row.At);
        var named = AllNamed();
        ImmutableArray<Entry> freed = [.. removed.Select(static row => row.Row.File.Name).Distinct()
            .Where(name => !named.Contains(name)).Select(name => entries.GetValueOrDefault(name))
            .OfType<Entry>().Where(static entry => entry.State != FileState.Leaving)];
        foreach (var entry in freed)
        {
            if (entry.State == FileState.Stored && entry.SeenAt > seenAt
                && entry.SeenAt <= Math.Max(latest, entry.Claim.At))
                entry.SeenAt = seenAt;
        }

        return freed;
    }

    private bool Held(FileName name, FileClaim claim) =>
        entries.TryGetValue(name, out var entry) && entry.State == FileState.Leaving
        && entry.Claim.Sweep == claim.Sweep;

    private IEnumerable<(ArtifactRow Row, long At)> RowsOf(TaskId task, LeaseToken token) =>
        byAttempt.TryGetValue((task, token), out var rows) ? rows.Values : [];

    private ImmutableArray<FileName> Unstored(IReadOnlyList<FileName> names, long at)
    {
        var missing = ImmutableArray.CreateBuilder<FileName>();
        foreach (var name in names)
        {
            if (entries.TryGetValue(name, out var entry) && entry.State == FileState.Stored)
                entry.SeenAt = Math.Max(entry.SeenAt, at);
            else
                missing.Add(name);
        }

        return missing.DrainToImmutable();
    }

    private ImmutableArray<FileUse> UsesOf(FileName name) =>
    [
        .. uses.Where(use => use.Name == name).Select(static use => new FileUse(use.Kind, use.Id))
            .Concat(byAttempt.Where(held => held.Value.Values.Any(row => row.Row.File.Name == name)).Select(static held => held.Key.Task)
                .Distinct().Order().Select(static task => new FileUse(FileUseKind.Artifact, task.ToString())))
            .Take(UsesShown),
    ];

    private sealed class Entry
    {
        internal long Bytes { get; init; }

        internal long CreatedAt { get; init; }

        internal long SeenAt { get; set; }

        internal FileState State { get; set; }

        internal FileClaim Claim { get; set; }
    }
}
