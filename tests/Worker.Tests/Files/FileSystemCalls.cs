using System.Runtime.InteropServices;

namespace OrleansTasks.Worker.Tests.Files;

/// <summary>What hostile tasks do to folders, and .NET cannot.</summary>
internal static partial class FileSystemCalls
{
    private const int AtFolder = -100, RenameExchange = 2;
    private const uint CharacterDevice = 0x2000, NamedPipe = 0x1000, ReadableByAll = 0x1B6;

    /// <summary>Mounts an empty file system in memory. Returns false where that is not allowed.</summary>
    internal static bool TryMount(string folder, string size) => mount("otask-test", folder, "tmpfs", 0, $"size={size},mode=0777") == 0;

    internal static void Unmount(string folder) => Assert.Equal(0, umount2(folder, 2));

    internal static void MakeHardLink(string existing, string path) => Assert.Equal(0, link(existing, path));

    internal static void MakePipe(string path) => Assert.Equal(0, mknod(path, NamedPipe | ReadableByAll, 0));

    /// <summary>Makes a device that reads like /dev/zero. Returns false where that is not allowed.</summary>
    internal static bool TryMakeDevice(string path) => mknod(path, CharacterDevice | ReadableByAll, (1 << 8) | 5) == 0;

    internal static void GiveTo(uint user, params ReadOnlySpan<string> paths)
    {
        foreach (var path in paths)
            Assert.Equal(0, lchown(path, user, user));
    }

    /// <summary>Exchanges two paths in one step.</summary>
    internal static void Exchange(string one, string other) => _ = renameat2(AtFolder, one, AtFolder, other, RenameExchange);

    /// <summary>Makes a file whose name is these bytes.</summary>
    internal static unsafe void MakeFile(string folder, ReadOnlySpan<byte> name)
    {
        byte[] path = [.. System.Text.Encoding.UTF8.GetBytes(folder + "/"), .. name, 0];
        int made;
        fixed (byte* start = path)
            made = mknodBytes(start, 0x8000 | ReadableByAll, 0);
        Assert.Equal(0, made);
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mount(string source, string target, string type, nuint flags, string options);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int umount2(string target, int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string from, string to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, uint owner, uint group);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromFolder, string from, int toFolder, string to, int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mknod(string path, uint mode, ulong device);

    [LibraryImport("libc", EntryPoint = "mknod")]
    private static unsafe partial int mknodBytes(byte* path, uint mode, ulong device);
}
