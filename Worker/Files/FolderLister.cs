using System.Runtime.InteropServices;
using System.Text;
using System.Text.Unicode;
using Microsoft.Win32.SafeHandles;
using OrleansTasks.Processing.Paths;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Worker.Files;

/// <summary>
/// Lists the regular files of folders that schedules watch, with the rights of the user that tasks run as, and only
/// below the worker's roots if it has any. Follows no link in the folder, and opens no file.
/// </summary>
/// <param name="user">The user that tasks run as; null for the worker's own.</param>
/// <param name="roots">The folders that files may be in, absolute and without links; empty for any folder.</param>
internal sealed unsafe class FolderLister(RunAsUser? user, IReadOnlyList<string> roots)
{
    /// <summary>Maximum number of names of a folder that are read.</summary>
    internal const int MostEntries = 1_000_000;

    private const int BufferSize = 32 * 1024;
    private const ushort TypeMask = 0xF000, RegularFile = 0x8000;
    private const byte TypeUnknown = 0, TypeFile = 8; // DT_UNKNOWN and DT_REG

    /// <summary>
    /// Returns the files whose names match, at most <paramref name="most"/>, in ordinal order; or why there are none to
    /// return. Runs on one thread, and waits for the file system.
    /// </summary>
    internal FolderListing List(string folder, string match, int most)
    {
        if (PathPattern.Parse(match, out var fault) is not { } pattern)
            return Failed($"The pattern {match} {fault}.");
        using var rights = user is null ? default : OwnerRights.Take(user);
        var opened = Libc.open(folder, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_CLOEXEC);
        if (opened < 0)
            return Failed($"{folder}: {Libc.Describe(Libc.LastError)}.");
        using var handle = new SafeFileHandle(opened, ownsHandle: true);
        if (roots.Count > 0 && !IsAllowed(opened))
            return Failed($"{folder} is not below a folder that this worker's --file-root allows.");
        var names = new SortedSet<string>(StringComparer.Ordinal);
        if (ReadNames(opened, pattern, most + 1, names) is { } unread)
            return Failed($"{folder}: {unread}.");
        var listing = new FolderListing { More = names.Count > most };
        foreach (var name in names.Take(most))
        {
            if (Find(opened, name) is { } file)
                listing.Files.Add(file);
        }

        return listing;
    }

    private static FolderListing Failed(string fault) => new() { Fault = fault };

    // Keeps the first names. Returns what went wrong; null if nothing did.
    private static string? ReadNames(int folder, PathPattern pattern, int most, SortedSet<string> names)
    {
        var buffer = stackalloc byte[BufferSize];
        var entries = new FolderEntries(folder, buffer, BufferSize);
        for (var read = 1; entries.MoveNext(); read++)
        {
            if (read > MostEntries)
                return $"the folder has more than {MostEntries} entries";
            var name = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(entries.Name);
            if (name[0] == (byte)'.' || entries.Type is not (TypeFile or TypeUnknown) || !Utf8.IsValid(name))
                continue;
            var text = Encoding.UTF8.GetString(name);
            if (!pattern.Matches(text) || !names.Add(text) || names.Count <= most)
                continue;
            names.Remove(names.Max!);
        }

        return entries.Error != 0 ? Libc.Describe(entries.Error) : null;
    }

    // Returns null for what is no regular file, or has left meanwhile.
    private static FolderEntry? Find(int folder, string name)
    {
        Libc.FileStatus status;
        fixed (byte* path = Encoding.UTF8.GetBytes(name + '\0'))
        {
            if (Libc.statx(folder, path, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &status) < 0
                || (status.Mode & TypeMask) != RegularFile)
                return null;
        }

        return new FolderEntry
        {
            Name = name,
            Size = (long)status.Size,
            ModifiedAt = unchecked((status.ModifiedSeconds * 1_000_000_000) + status.ModifiedNanoseconds),
        };
    }

    private bool IsAllowed(int folder)
    {
        var path = new FileInfo($"/proc/self/fd/{folder}").LinkTarget ?? "";
        return roots.Any(root => path == root || RealPath.IsBeneath(path, root));
    }
}
