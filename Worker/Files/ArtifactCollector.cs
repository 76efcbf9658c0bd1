using System.Buffers;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// Copies the files that match patterns out of a working folder, after the command's tree is dead. Other tasks of the same user may still
/// change the folder, so everything is opened below it, with that user's rights; no link is followed and no other mount is entered. Each
/// file is opened and read once, so the bytes that are hashed are the bytes that are kept.
/// </summary>
internal sealed unsafe class ArtifactCollector : IDisposable
{
    private const int BufferSize = 32 * 1024;
    private const ushort TypeMask = 0xF000, RegularFile = 0x8000, Folder = 0x4000, OwnerMayExecute = 0x40;
    private const byte TypeUnknown = 0, TypeFolder = 4, TypeFile = 8, TypeLink = 10; // DT_UNKNOWN, DT_DIR, DT_REG and DT_LNK
    private const int PassThrough = Libc.O_PATH;

    private readonly BeneathFolder folder;
    private readonly RunAsUser? user;
    private readonly IReadOnlyList<ArtifactRule> rules;
    private readonly ArtifactLimits limits;
    private readonly SafeFileHandle target;
    private readonly Action? makeRoom;
    private readonly CancellationToken cancellation;
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] block = ArrayPool<byte>.Shared.Rent(FileBlocks.Size);
    private readonly byte* buffer = (byte*)NativeMemory.Alloc(BufferSize);
    private readonly List<CollectedFile> files = [];
    private readonly Dictionary<FileName, long> offsets = [];
    private readonly bool[] isMet;
    private readonly string?[] skipped;
    private long total;
    private long written;
    private int seen;
    private ArtifactFault? fault;

    private ArtifactCollector(
        BeneathFolder folder, RunAsUser? user, IReadOnlyList<ArtifactRule> rules, ArtifactLimits limits, SafeFileHandle target,
        Action? makeRoom, CancellationToken cancellation)
    {
        (this.folder, this.user, this.rules, this.limits) = (folder, user, rules, limits);
        (this.target, this.makeRoom, this.cancellation) = (target, makeRoom, cancellation);
        (isMet, skipped) = (new bool[rules.Count], new string?[rules.Count]);
    }

    /// <summary>Collects the artifacts.</summary>
    /// <param name="path">The working folder.</param>
    /// <param name="user">The command's user; null for this process's own user.</param>
    /// <param name="rules">What to keep.</param>
    /// <param name="limits">How much that may be.</param>
    /// <param name="copies">The folder in which the copies are, which no task can read.</param>
    /// <param name="cancellation">Ends the copying.</param>
    /// <param name="fault">Receives why the artifacts cannot be kept; null if they can.</param>
    /// <param name="stepByStep">As of <see cref="BeneathFolder.Open(string, out int, bool)"/>.</param>
    /// <param name="makeRoom">Removes what can be spared from the disk of the copies when it is full.</param>
    /// <returns>The artifacts; null if there is a fault.</returns>
    internal static CollectedArtifacts? Collect(
        string path, RunAsUser? user, IReadOnlyList<ArtifactRule> rules, ArtifactLimits limits, string copies,
        CancellationToken cancellation, out ArtifactFault? fault, bool stepByStep = false, Action? makeRoom = null)
    {
        using var folder = BeneathFolder.Open(path, out var error, stepByStep);
        if (folder is null)
        {
            fault = new(ProcessEndReason.ArtifactMissing, $"The working folder cannot be opened: {Libc.Describe(error)}.");
            return null;
        }

        SafeFileHandle? target = null;
        try
        {
            target = OpenCopies(copies);
            using var collector = new ArtifactCollector(folder, user, rules, limits, target, makeRoom, cancellation);
            collector.Walk();
            fault = collector.fault ?? collector.FindMissing();
            if (fault is not null)
                return null;
            collector.files.Sort(static (one, other) => string.CompareOrdinal(one.Path, other.Path));
            var collected = new CollectedArtifacts(target, collector.files);
            target = null;
            return collected;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            fault = new(ProcessEndReason.FileUnavailable, Libc.IsFull(failure)
                ? $"The worker's disk has no room for copies of the artifacts: {failure.Message}"
                : $"The artifacts cannot be copied: {failure.Message}");
            return null;
        }
        finally
        {
            target?.Dispose();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        hash.Dispose();
        ArrayPool<byte>.Shared.Return(block);
        NativeMemory.Free(buffer);
    }

    /// <summary>Opens a file without a name.</summary>
    private static SafeFileHandle OpenCopies(string folder)
    {
        const int OwnersAlone = 0x180; // Mode 0600
        var descriptor = Libc.open(folder, Libc.O_TMPFILE | Libc.O_RDWR | Libc.O_CLOEXEC, OwnersAlone);
        if (descriptor < 0 && Libc.LastError is Libc.EOPNOTSUPP or Libc.EISDIR or Libc.EINVAL)
        {
            // The file system has no files without names.
            var path = Path.Combine(folder, "copies-" + Path.GetRandomFileName());
            descriptor = Libc.open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL | Libc.O_CLOEXEC, OwnersAlone);
            if (descriptor >= 0)
                File.Delete(path);
        }

        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw new IOException($"a file in {folder} cannot be created: {Libc.Describe(Libc.LastError)}");
    }

    private void Walk()
    {
        // Paths of folders, each with a NUL at its end. One descriptor is open at a time, so their number does not matter.
        var left = new Stack<byte[]>();
        left.Push([0]);
        while (fault is null && left.TryPop(out var path))
            Read(path, left);
    }

    /// <summary>Copies the files of one folder that match, and adds its folders to those that are left.</summary>
    private void Read(byte[] path, Stack<byte[]> left)
    {
        int opened, error;
        using (Rights())
        {
            opened = folder.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
            error = Libc.LastError;
        }

        if (opened < 0)
        {
            if (!IsGone(error))
                Fail(ProcessEndReason.ArtifactMissing, $"The folder '{Text(path, out _)}' cannot be read: {Libc.Describe(error)}.");
            return;
        }

        try
        {
            var entries = new FolderEntries(opened, buffer, BufferSize);
            while (fault is null && entries.MoveNext())
            {
                cancellation.ThrowIfCancellationRequested();
                Take(path, MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entries.Name), entries.Type, left);
            }

            // A folder that was removed meanwhile cannot be read.
            if (entries.Error != 0 && !IsGone(entries.Error))
                Fail(ProcessEndReason.ArtifactMissing, $"The folder '{Text(path, out _)}' cannot be read: {Libc.Describe(entries.Error)}.");
        }
        finally
        {
            _ = Libc.close(opened);
        }
    }

    private void Take(byte[] parent, ReadOnlySpan<byte> name, byte type, Stack<byte[]> left)
    {
        if (++seen > limits.Entries)
        {
            Fail(ProcessEndReason.ArtifactTooLarge, $"The working folder has more than {limits.Entries} files and folders.");
            return;
        }

        var path = Join(parent, name);
        var text = Text(path, out var isText);
        if (type == TypeUnknown)
            type = TypeOf(path);
        if (type == TypeFolder)
        {
            if (MayMatchBelow(text) && IsNameable(path, text, isText))
                left.Push(path);
            return;
        }

        if (!Matches(text, out var isWanted) || !IsNameable(path, text, isText))
            return;
        if (type == TypeFile)
            Copy(path, text, isWanted);
        else
            Skip(text, isWanted, type == TypeLink ? "is a symbolic link" : "is not a regular file");
    }

    private bool MayMatchBelow(string path)
    {
        foreach (var rule in rules)
        {
            if (rule.Pattern.MayMatchBelow(path))
                return true;
        }

        return false;
    }

    // One bit for each rule, of which there are more than a number has.
    private bool Matches(string path, out System.Collections.BitArray isWanted)
    {
        isWanted = new(rules.Count);
        for (var i = 0; i < rules.Count; i++)
            isWanted[i] = rules[i].Pattern.Matches(path);
        return isWanted.HasAnySet();
    }

    /// <summary>Whether the service can name a file at this path, or one below it.</summary>
    private bool IsNameable(byte[] path, string text, bool isText)
    {
        if (!isText)
            Fail(ProcessEndReason.ArtifactMissing, $"The name of '{text}' is not UTF-8, so it cannot be an artifact.");
        else if (path.Length - 1 > FolderPath.MostBytes)
            Fail(ProcessEndReason.ArtifactTooLarge, $"The path of '{text[..64]}…' has more than {FolderPath.MostBytes} bytes.");
        return fault is null;
    }

    private void Copy(byte[] path, string text, System.Collections.BitArray isWanted)
    {
        using var file = Open(path, out var status, out var why);
        if (file is null)
        {
            if (why is not null)
                Skip(text, isWanted, why);
            return;
        }

        if (files.Count == limits.Files)
        {
            Fail(ProcessEndReason.ArtifactTooLarge, $"There are more than {limits.Files} artifacts.");
            return;
        }

        // A file with holes may be far larger than its disk.
        var most = limits.Bytes - total;
        if (status.Size > (ulong)most || Copy(file, most) is not { } size)
        {
            Fail(ProcessEndReason.ArtifactTooLarge, string.Create(
                CultureInfo.InvariantCulture, $"The artifacts have more than {limits.Bytes} bytes, at '{text}'."));
            return;
        }

        var name = FileBlocks.NameOf(hash);
        if (offsets.TryAdd(name, written))
            written += size;
        total += size;
        files.Add(new(text, name, size, (status.Mode & OwnerMayExecute) != 0, offsets[name]));
        for (var i = 0; i < isMet.Length; i++)
            isMet[i] |= isWanted[i];
    }

    /// <summary>Hashes a file and copies it to the end of the copies. Returns its size; null if it has more bytes than allowed.</summary>
    private long? Copy(SafeFileHandle file, long most)
    {
        // The last copy may have been of bytes that were there already.
        RandomAccess.SetLength(target, written);
        long size = 0;
        while (true)
        {
            cancellation.ThrowIfCancellationRequested();
            var count = RandomAccess.Read(file, block.AsSpan(0, FileBlocks.Size), size);
            if (count == 0)
                break;
            if (count > most - size)
            {
                hash.GetHashAndReset();
                return null;
            }

            var read = block.AsSpan(0, count);
            hash.AppendData(read);
            // What is not written is zero, and takes no space.
            if (read.ContainsAnyExcept((byte)0))
                Write(read, written + size);
            size += count;
        }

        RandomAccess.SetLength(target, written + size);
        return size;
    }

    private void Write(ReadOnlySpan<byte> bytes, long offset)
    {
        try
        {
            RandomAccess.Write(target, bytes, offset);
        }
        catch (IOException full) when (makeRoom is not null && Libc.IsFull(full))
        {
            makeRoom();
            RandomAccess.Write(target, bytes, offset);
        }
    }

    /// <summary>
    /// Opens a file if it is a regular one of the command's user. Looks at it first: opening a device can have effects.
    /// Returns null and why not; null and null if it is gone.
    /// </summary>
    private SafeFileHandle? Open(byte[] path, out Libc.FileStatus status, out string? why)
    {
        (status, why) = (default, null);
        using var rights = Rights();
        var seenAs = folder.Open(path, PassThrough);
        if (seenAs < 0)
        {
            var error = Libc.LastError;
            why = error == Libc.EXDEV ? "is on another file system" : null;
            if (!IsGone(error))
                CannotRead(path, error);
            return null;
        }

        try
        {
            byte nothing = 0;
            fixed (Libc.FileStatus* into = &status)
                if (Libc.statx(seenAs, &nothing, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, into) < 0)
                    return Because(Libc.Describe(Libc.LastError), out why);
            if (FileKind.FaultOf(status.Mode) is { } kind)
                return Because(kind, out why);
            if (!IsOwn(status.Owner))
                return Because("belongs to another user", out why);
            var opened = Libc.open($"/proc/self/fd/{seenAs}", Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC);
            if (opened >= 0)
                return new SafeFileHandle(opened, ownsHandle: true);
            CannotRead(path, Libc.LastError);
            return null;
        }
        finally
        {
            _ = Libc.close(seenAs);
        }
    }

    private void CannotRead(byte[] path, int error) =>
        Fail(ProcessEndReason.ArtifactMissing, $"'{Text(path, out _)}' cannot be read: {Libc.Describe(error)}.");

    private static SafeFileHandle? Because(string reason, out string why)
    {
        why = reason;
        return null;
    }

    /// <summary>Whether the task itself could have written a file: it may have made a hard link to one that it can only read.</summary>
    private bool IsOwn(uint owner)
    {
        var own = user?.Uid ?? Libc.geteuid();
        return own == 0 || owner == own;
    }

    private byte TypeOf(byte[] path)
    {
        using var rights = Rights();
        var opened = folder.Open(path, PassThrough);
        if (opened < 0)
            return byte.MaxValue;
        var isRead = FolderIdentity.TryRead(opened, out var identity);
        _ = Libc.close(opened);
        return !isRead ? byte.MaxValue : (identity.Mode & TypeMask) switch { Folder => TypeFolder, RegularFile => TypeFile, _ => byte.MaxValue };
    }

    private OwnerRights Rights() => user is null ? default : OwnerRights.Take(user);

    private void Skip(string path, System.Collections.BitArray isWanted, string why)
    {
        for (var i = 0; i < skipped.Length; i++)
            if (isWanted[i])
                skipped[i] ??= $"'{path}' {why}";
    }

    private ArtifactFault? FindMissing()
    {
        for (var i = 0; i < rules.Count; i++)
        {
            if (isMet[i] || rules[i].IsOptional)
                continue;
            var text = rules[i].Pattern.Text;
            return new(ProcessEndReason.ArtifactMissing, skipped[i] is { } why
                ? $"No file that can be kept matches the artifact pattern '{text}': {why}."
                : $"No file matches the artifact pattern '{text}'.");
        }

        return null;
    }

    private void Fail(ProcessEndReason reason, string message) => fault ??= new(reason, message);

    // Something that was moved or replaced while the folder was read, a link, or another mount.
    private static bool IsGone(int error) => error is Libc.ENOENT or Libc.ENOTDIR or Libc.ELOOP or Libc.EXDEV;

    private static byte[] Join(byte[] parent, ReadOnlySpan<byte> name)
    {
        if (parent.Length == 1)
            return [.. name, 0];
        var path = new byte[parent.Length + name.Length + 1];
        parent.CopyTo(path, 0);
        path[parent.Length - 1] = (byte)'/';
        name.CopyTo(path.AsSpan(parent.Length));
        return path;
    }

    private static string Text(ReadOnlySpan<byte> path, out bool isText)
    {
        path = path[..^1];
        isText = Utf8.IsValid(path);
        return Encoding.UTF8.GetString(path);
    }
}
