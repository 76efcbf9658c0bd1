using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Tests.Files;

[SuppressMessage("Interoperability", "CA1416", Justification = "Workers run on Linux.")]
public sealed class WholeFileTests : IDisposable
{
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private readonly string folder = Directory.CreateTempSubdirectory("otask-file-").FullName;

    private string Place => Path.Combine(folder, "file");

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void Write_NothingIsThere_IsTheOwnersAloneAndTheOnlyFile()
    {
        WholeFile.Write(Place, "né\n");

        Assert.Equal("né\n"u8, File.ReadAllBytes(Place));
        Assert.Equal(OwnersAlone, File.GetUnixFileMode(Place));
        Assert.Equal([Place], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Write_LongerOneThatAllMayRead_IsReplaced()
    {
        File.WriteAllText(Place, "what it said before");
        File.SetUnixFileMode(Place, OwnersAlone | UnixFileMode.OtherRead);

        WholeFile.Write(Place, "new");

        Assert.Equal("new", File.ReadAllText(Place));
        Assert.Equal(OwnersAlone, File.GetUnixFileMode(Place));
        Assert.Equal([Place], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Write_OneThatAllMayReadWasLeftBehind_IsTheOwnersAlone()
    {
        File.WriteAllText(Place + ".new", "half of what was to");
        File.SetUnixFileMode(Place + ".new", OwnersAlone | UnixFileMode.OtherRead);

        WholeFile.Write(Place, "new");

        Assert.Equal("new", File.ReadAllText(Place));
        Assert.Equal(OwnersAlone, File.GetUnixFileMode(Place));
        Assert.Equal([Place], Directory.GetFileSystemEntries(folder));
    }

    [Fact]
    public void Write_Fails_WhatItSaidBeforeStays()
    {
        WholeFile.Write(Place, "before");
        Directory.CreateDirectory(Place + ".new");

        Assert.Throws<UnauthorizedAccessException>(() => WholeFile.Write(Place, "new"));

        Assert.Equal("before", File.ReadAllText(Place));
    }

    [Fact]
    public void Write_NoSuchFolder_Throws() =>
        Assert.Throws<DirectoryNotFoundException>(() => WholeFile.Write(Path.Combine(folder, "none", "file"), "new"));
}
