using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Files;

/// <summary>
/// Which files are stored, and what names them. A file's row is there before its bytes are, and goes after they have gone:
/// <code>
/// none ──Reserve──► arriving ──Confirm──► stored ──Claim──► leaving ──Forget──► none
///                      └────────────────Claim─────────────────▲
/// </code>
/// Only a stored file can be named. The sweep claims a file that nothing has named and nobody has asked for since a time, then deletes the
/// bytes, then forgets the row; while a file is leaving, an upload of it waits. Times are Unix milliseconds. All methods throw
/// <see cref="StoreUnavailableException"/>, those that write also <see cref="OutcomeUnknownException"/>. Every write can be repeated.
/// </summary>
public interface IFileIndex
{
    /// <summary>The maximum number of files in a call.</summary>
    const int MostFiles = 10_000;

    /// <summary>
    /// Announces files whose bytes are about to be published. Returns their states, in the given order: what is stored needs no bytes, and
    /// stays for another day; an upload of what is leaving waits and tries again.
    /// </summary>
    Task<ImmutableArray<FileState>> Reserve(IReadOnlyList<StoredFile> files, long at);

    /// <summary>Marks reserved files as stored, after their bytes were published.</summary>
    Task Confirm(IReadOnlyList<FileName> names, long at);

    /// <summary>Returns those of the names that are not stored, in the given order. The others stay for another day.</summary>
    Task<ImmutableArray<FileName>> Missing(IReadOnlyList<FileName> names, long at);

    /// <summary>Returns a stored file; null if it is not stored.</summary>
    Task<StoredFile?> Find(FileName name);

    /// <summary>Returns those of the names that are stored, with their sizes, in any order.</summary>
    Task<ImmutableArray<StoredFile>> FindAll(IReadOnlyList<FileName> names);

    /// <summary>Returns a page of the stored files, each with the first ten that name it.</summary>
    Task<ImmutableArray<FileView>> List(FileSort sort, FilePosition? after, int limit, CancellationToken cancellation = default);

    /// <summary>Returns the number of files that are stored, arriving or leaving, and their bytes.</summary>
    Task<(long Files, long Bytes)> Totals();

    /// <summary>
    /// Records that an owner names files, in addition to those that it names already. Returns those that are not stored; if there are
    /// any, nothing is recorded.
    /// </summary>
    Task<ImmutableArray<FileName>> AddUses(FileUse owner, IReadOnlyList<FileName> names, long at);

    /// <summary>Records that an owner names no files any more.</summary>
    Task RemoveUses(FileUse owner);

    /// <summary>
    /// Records artifacts of an attempt, in addition to those before; a path that is there already is replaced. They count only if the
    /// task's row names the token. Returns the files that are not stored; if there are any, nothing is recorded.
    /// </summary>
    Task<ImmutableArray<FileName>> AddArtifacts(TaskId task, LeaseToken token, IReadOnlyList<ArtifactRow> artifacts, long at);

    /// <summary>Returns artifacts of an attempt, by path in the order of its UTF-8 bytes, after a path if one is given.</summary>
    Task<ImmutableArray<ArtifactRow>> Artifacts(TaskId task, LeaseToken token, string? after, int limit);

    /// <summary>Returns one artifact of an attempt; null if there is none at this path.</summary>
    Task<ArtifactRow?> FindArtifact(TaskId task, LeaseToken token, string path);

    /// <summary>Returns how many artifacts were recorded for an attempt, and the sum of their bytes.</summary>
    Task<(long Count, long Bytes)> CountArtifacts(TaskId task, LeaseToken token);

    /// <summary>
    /// Removes up to <paramref name="limit"/> artifacts of an attempt. Files that nothing names any more, and nobody
    /// has asked for since the attempt recorded them, count as seen at <paramref name="seenAt"/> at the latest.
    /// </summary>
    Task<RemovedArtifacts> RemoveArtifacts(TaskId task, LeaseToken token, long seenAt, int limit);

    /// <summary>Returns the bytes of the files that something names. Looks at all files.</summary>
    Task<long> NamedBytes();

    /// <summary>Returns attempts whose artifacts were recorded before a time, in no order: candidates for <see cref="RemoveArtifacts"/>.</summary>
    Task<ImmutableArray<(TaskId Task, LeaseToken Token)>> OldArtifacts(long recordedBefore, TaskId? after, int limit);

    /// <summary>
    /// Looks at the <paramref name="limit"/> files that were seen longest ago, if that was before
    /// <paramref name="seenBefore"/>. Claims those that nothing names; the others count as seen by the sweep at the
    /// claim's time. Claims as well what an earlier claim, from before <paramref name="claimedBefore"/>, did not
    /// finish. The caller deletes the bytes and forgets the files with the same claim.
    /// </summary>
    Task<ClaimedFiles> Claim(long seenBefore, long claimedBefore, FileClaim claim, int limit);

    /// <summary>Returns those of the names that have no row, in no order.</summary>
    Task<ImmutableArray<FileName>> Unknown(IReadOnlyList<FileName> names);

    /// <summary>Claims a file whose bytes the store has without a row. Returns false if there is one.</summary>
    Task<bool> ClaimOrphan(FileName name, FileClaim claim);

    /// <summary>Returns whether a file is still leaving under this claim.</summary>
    Task<bool> Holds(FileName name, FileClaim claim);

    /// <summary>Removes the rows of files whose bytes were deleted.</summary>
    Task Forget(IReadOnlyList<FileName> names, FileClaim claim);
}

/// <summary>The state of a file. The numbers are stored.</summary>
public enum FileState
{
    /// <summary>Its bytes are being published.</summary>
    Arriving = 0,

    /// <summary>It can be read and named.</summary>
    Stored = 1,

    /// <summary>Its bytes are being deleted.</summary>
    Leaving = 2,
}

/// <summary>Who deletes a file: a random number of the sweep, and when it began, in Unix milliseconds.</summary>
public readonly record struct FileClaim(long Sweep, long At);

/// <summary>How many artifacts a step removed, and the bytes of their files that nothing names any more.</summary>
public readonly record struct RemovedArtifacts(int Count, long Freed);

/// <summary>What a step of the sweep claimed, and whether there may be more to look at.</summary>
public readonly record struct ClaimedFiles(ImmutableArray<FileName> Names, bool HasMore);
