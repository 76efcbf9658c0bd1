using System.Text.Json;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Storage.Maintenance;

/// <summary>
/// A folder with a backup. It is written under another name and renamed when all of it is on the disk, so a folder with
/// the final name is complete.
/// </summary>
internal static class BackupFolder
{
    private const int Format = 1;
    private const string ManifestName = "backup.json";

    /// <summary>
    /// Writes a backup. <paramref name="fill"/> writes the files into a given folder and returns the rest of the
    /// manifest.
    /// </summary>
    internal static async Task Write(string folder, string kind, Func<string, Task<BackupManifest>> fill)
    {
        folder = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (Path.Exists(folder))
            throw new UnusableDatabaseException($"{folder} already exists. A backup needs a new folder: choose another name.");
        var partial = folder + ".partial";
        try
        {
            if (Directory.Exists(partial))
                Directory.Delete(partial, recursive: true);
            PrivateFiles.CreateFolder(partial);
            var manifest = await fill(partial).ConfigureAwait(false) with { Format = Format, Kind = kind };
            await File.WriteAllBytesAsync(Path.Combine(partial, ManifestName), JsonSerializer.SerializeToUtf8Bytes(manifest))
                .ConfigureAwait(false);
            Sync(partial);
            Directory.Move(partial, folder);
            SyncFolder(Path.GetDirectoryName(folder)!);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw new UnusableDatabaseException($"Cannot write the backup: {fault.Message}", fault);
        }
    }

    /// <summary>
    /// Reads a backup's manifest. Throws if the folder has no backup, or one of another kind or format.
    /// </summary>
    internal static BackupManifest Read(string folder, string kind)
    {
        BackupManifest? manifest;
        try
        {
            manifest = JsonSerializer.Deserialize<BackupManifest>(File.ReadAllBytes(Path.Combine(folder, ManifestName)));
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new UnusableDatabaseException($"{folder} contains no backup: {fault.Message}", fault);
        }

        if (manifest is null || manifest.Format != Format)
            throw new UnusableDatabaseException($"{folder} contains a backup in a format that this program does not "
                + "support. Use the program version that wrote it.");
        return manifest.Kind == kind
            ? manifest
            : throw new UnusableDatabaseException($"{folder} contains a backup of a store on {manifest.Kind}, but "
                + $"this store is on {kind}.");
    }

    internal static void Copy(string from, string to)
    {
        PrivateFiles.CreateFolder(to);
        foreach (var folder in Directory.GetDirectories(from))
        {
            try
            {
                Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
            }
            catch (DirectoryNotFoundException) when (!Directory.Exists(folder))
            {
                // Its task has ended, or was deleted, during the copy.
            }
        }

        foreach (var file in Directory.GetFiles(from))
        {
            try
            {
                File.Copy(file, Path.Combine(to, Path.GetFileName(file)), overwrite: true);
            }
            catch (Exception gone) when (
                gone is FileNotFoundException or DirectoryNotFoundException && !File.Exists(file))
            {
                // Retention deleted the file during the copy.
            }
        }
    }

    /// <summary>Flushes a folder, with everything in it, to the disk.</summary>
    internal static void Sync(string folder)
    {
        foreach (var file in Directory.EnumerateFiles(folder))
        {
            using var handle = File.OpenHandle(file);
            DiskSync.Sync(handle);
        }

        foreach (var inner in Directory.EnumerateDirectories(folder))
            Sync(inner);
        SyncFolder(folder);
    }

    /// <summary>Flushes a folder's entries to the disk.</summary>
    internal static void SyncFolder(string folder)
    {
        using var handle = FolderHandle.Open(folder);
        handle.Sync();
    }
}
