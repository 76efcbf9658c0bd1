using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using OrleansTasks.Nodes;
using OrleansTasks.Storage;

namespace OrleansTasks.Schedules;

/// <summary>
/// What a schedule knows of the folder that it watches: the files that it has seen, and those whose content may still
/// change. Decides from each listing which files start an occurrence. Does no I/O and reads no clock.
/// </summary>
/// <remarks>
/// <code>
/// not listed --listed--> settling --same size and time for `settled`--> seen (starts an occurrence)
///                           |  ^------ another size or time ------------'
///                           '-- no longer listed --> forgotten; so is a seen file
/// </code>
/// Only seen files are stored, in the commit that stores their occurrences. A file that is settling when the owner
/// changes settles again. A listing that leaves files out says nothing about names after its last one.
/// </remarks>
internal sealed class FolderWatch
{
    /// <summary>Maximum number of files that are remembered.</summary>
    public const int MostSeen = ServiceLimits.SeenFiles;

    // In milliseconds: a listing takes some time, so an early look would come just too early again.
    private const long ShortestWait = 250;

    private const long ShortestRest = 1_000;
    private const long LongestRest = 10_000;

    private static readonly string TooMany =
        $"More than {ServiceLimits.Count(FolderReply.MostFiles)} files match. Only the first ones by name are looked at: "
        + "move files away, or watch fewer of them.";

    private static readonly string Full =
        $"{ServiceLimits.Count(MostSeen)} files have been seen and are still there. New ones wait until files have left.";

    private static readonly string TooManyExist =
        $"More than {ServiceLimits.Count(FolderReply.MostFiles)} files match, so it is not known which of them are new. "
        + "Nothing starts until fewer match.";

    private readonly SortedDictionary<string, FileMark> seen = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (FileMark Mark, long At)> settling = new(StringComparer.Ordinal);

    // The pattern for which existing files have been dealt with; null if they have not.
    private string? begun;

    /// <summary>Begins to watch a folder, with what is stored of it; null for nothing.</summary>
    /// <exception cref="FormatException">What is stored cannot be read.</exception>
    public FolderWatch(WatchedFolder folder, FolderRow? stored)
    {
        Folder = folder;
        if (stored is null)
            return;
        Problem = stored.Problem is { } detail ? new FolderProblem(detail, stored.Since) : null;
        Read(stored.Seen.Span);
    }

    /// <summary>The folder.</summary>
    public WatchedFolder Folder { get; private set; }

    /// <summary>What keeps files from starting occurrences; null if nothing does.</summary>
    public FolderProblem? Problem { get; private set; }

    /// <summary>
    /// How many milliseconds after the latest listing to look again, because files are settling or were left over; null
    /// if there are none.
    /// </summary>
    public long? LookAgainIn { get; private set; }

    /// <summary>
    /// Milliseconds until the next look while more files are there than may wait, or after a look that failed. At most
    /// 10 s, even if files take longer to settle: those that have settled need not settle again.
    /// </summary>
    public long Rest => Math.Clamp(Folder.Settled, ShortestRest, LongestRest);

    /// <summary>Watches with other settings. Another node or folder has other files.</summary>
    public void Change(WatchedFolder folder)
    {
        if (folder.Node != Folder.Node || folder.Folder != Folder.Folder)
            Forget();
        Folder = folder;
        LookAgainIn = null;
    }

    /// <summary>
    /// Compares a listing with what was seen. Returns the names of the files that start an occurrence now, at most
    /// <paramref name="most"/>, and whether there is something to store.
    /// </summary>
    public (ImmutableArray<string> Found, bool IsChanged) Compare(FolderReply listing, long now, int most)
    {
        LookAgainIn = null;
        if (listing.Fault is { } fault)
        {
            // Files that were settling do not wait for the schedule's next time, which may be far away.
            LookAgainIn = settling.Count > 0 ? Rest : null;
            return ([], Note(fault, now));
        }

        var isChanged = ForgetGone(listing);
        if (begun != Folder.Match)
        {
            if (Folder.Existing == ExistingFiles.Skip)
            {
                if (listing.HasMore)
                    return ([], isChanged | Note(TooManyExist, now));
                Skip(listing);
            }

            (begun, isChanged) = (Folder.Match, true);
        }

        var found = ImmutableArray.CreateBuilder<string>();
        var isFull = false;
        foreach (var file in listing.Files)
        {
            var mark = new FileMark(file.Size, file.ModifiedAt);
            if (seen.TryGetValue(file.Name, out var known) && known == mark)
                settling.Remove(file.Name);
            else if (IsSettled(file.Name, mark, listing.TakenAt))
            {
                if (found.Count >= most)
                {
                    LookAgainIn = Math.Min(LookAgainIn ?? long.MaxValue, Rest);
                    continue;
                }

                if (seen.Count >= MostSeen && !seen.ContainsKey(file.Name))
                {
                    isFull = true;
                    continue;
                }

                settling.Remove(file.Name);
                seen[file.Name] = mark;
                found.Add(file.Name);
            }
        }

        isChanged |= found.Count > 0 | Note(isFull ? Full : listing.HasMore ? TooMany : null, now);
        return (found.ToImmutable(), isChanged);
    }

    /// <summary>Returns what is stored.</summary>
    public FolderRow ToRow(long no)
    {
        var buffer = new ArrayBufferWriter<byte>();
        var options = new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
        {
            json.WriteStartObject();
            json.WriteString("node"u8, Folder.Node);
            json.WriteString("folder"u8, Folder.Folder);
            json.WriteString("begun"u8, begun);
            json.WriteStartArray("files"u8);
            foreach (var (name, mark) in seen)
            {
                json.WriteStringValue(name);
                json.WriteNumberValue(mark.Size);
                json.WriteNumberValue(mark.ModifiedAt);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return new FolderRow(no, buffer.WrittenSpan.ToArray(), Problem?.Detail, Problem?.Since ?? 0);
    }

    private void Read(ReadOnlySpan<byte> stored)
    {
        try
        {
            var reader = new Utf8JsonReader(stored);
            using var document = JsonDocument.ParseValue(ref reader);
            var root = document.RootElement;
            if (root.GetProperty("node"u8).GetString() != Folder.Node
                || root.GetProperty("folder"u8).GetString() != Folder.Folder)
                return;
            begun = root.GetProperty("begun"u8).GetString();
            foreach (var file in root.GetProperty("files"u8).EnumerateArray().Chunk(3))
                seen[file[0].GetString()!] = new FileMark(file[1].GetInt64(), file[2].GetInt64());
        }
        catch (Exception fault) when (
            fault is JsonException or KeyNotFoundException or InvalidOperationException or FormatException
                or IndexOutOfRangeException)
        {
            throw new FormatException($"What a schedule has seen of its folder cannot be read: {fault.Message}", fault);
        }
    }

    // A file that is new, or that has changed, counts once it has had the same size and time for long enough.
    private bool IsSettled(string name, FileMark mark, long at)
    {
        if (Folder.Settled == 0)
            return true;
        // The worker's clock begins anew when its machine does.
        if (!settling.TryGetValue(name, out var before) || before.Mark != mark || before.At > at)
            settling[name] = before = (mark, at);
        var left = Folder.Settled - (at - before.At);
        if (left > 0)
            LookAgainIn = Math.Min(LookAgainIn ?? long.MaxValue, Math.Max(left, ShortestWait));
        return left <= 0;
    }

    private bool ForgetGone(FolderReply listing)
    {
        var listed = listing.Files.Select(static file => file.Name).ToHashSet(StringComparer.Ordinal);
        var last = listing is { HasMore: true, Files: [.., var file] } ? file.Name : null;
        string[] gone = [.. seen.Keys.Concat(settling.Keys).Where(name => !listed.Contains(name)
            && (!listing.HasMore || (last is not null && string.CompareOrdinal(name, last) < 0)))];
        var isChanged = false;
        foreach (var name in gone)
        {
            isChanged |= seen.Remove(name);
            settling.Remove(name);
        }

        return isChanged;
    }

    private void Skip(FolderReply listing)
    {
        foreach (var file in listing.Files)
            seen[file.Name] = new FileMark(file.Size, file.ModifiedAt);
        settling.Clear();
    }

    private void Forget()
    {
        seen.Clear();
        settling.Clear();
        (begun, Problem) = (null, null);
    }

    private bool Note(string? detail, long now)
    {
        if (detail == Problem?.Detail)
            return false;
        Problem = detail is null ? null : new FolderProblem(detail, now);
        return true;
    }

    /// <summary>What a file was like: another size or time of change makes it a new file.</summary>
    private readonly record struct FileMark(long Size, long ModifiedAt);
}

/// <summary>A schedule's request to look at its folder, which its owner sends to the node once the round is over.</summary>
/// <param name="Schedule">The schedule's id.</param>
/// <param name="Number">Distinguishes the looks of a schedule: only the answer to the latest counts.</param>
/// <param name="Folder">The folder.</param>
internal sealed record FolderLook(string Schedule, long Number, WatchedFolder Folder);
