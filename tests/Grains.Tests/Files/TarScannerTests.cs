using System.Formats.Tar;
using System.Text;
using OrleansTasks.Files;

namespace OrleansTasks.Grains.Tests.Files;

/// <summary>What an uploaded archive may have, however its bytes arrive.</summary>
public sealed class TarScannerTests
{
    private const int Record = 512;

    [Theory]
    [InlineData(TarEntryFormat.V7)]
    [InlineData(TarEntryFormat.Ustar)]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void Archive_OfEveryFormat_IsReadInPiecesOfAnySize(TarEntryFormat format)
    {
        string[] paths = format is TarEntryFormat.V7 ? ["a", "b/c.txt"]
            : format is TarEntryFormat.Ustar ? ["a", $"{new string('p', 120)}/{new string('n', 90)}"]
            : ["a", $"{new string('ü', 100)}/{new string('x', 200)}", "Ω"];
        var contents = paths.Select(static (_, n) => new byte[n * 700]).ToArray();
        for (var n = 0; n < contents.Length; n++)
            new Random(n).NextBytes(contents[n]);
        var archive = Written(format, [.. paths.Zip(contents)]);
        var random = new Random(3);

        for (var round = 0; round < 40; round++)
        {
            var scanner = new TarScanner();
            var most = round == 0 ? 1 : round == 1 ? archive.Length : random.Next(1, 3_000);
            for (var at = 0; at < archive.Length;)
            {
                var taken = Math.Min(archive.Length - at, random.Next(1, most + 1));
                scanner.Add(archive.AsSpan(at, taken));
                at += taken;
            }

            scanner.Finish();
            Assert.Null(scanner.Fault);
            Assert.Equal(paths, scanner.Entries.Select(static entry => entry.Path));
            foreach (var (entry, content) in scanner.Entries.Zip(contents))
                Assert.True(archive.AsSpan((int)entry.Offset, (int)entry.Bytes).SequenceEqual(content));
        }
    }

    [Fact]
    public void Archive_CutAnywhere_IsTruncatedOrRefused()
    {
        var archive = Written(TarEntryFormat.Pax, ("a", new byte[700]), (new string('x', 200), new byte[3]));
        // The end mark is two records; the first one is enough.
        var end = archive.Length - archive.Reverse().TakeWhile(static one => one == 0).Count();
        for (var length = 0; length < end; length++)
        {
            var scanner = Scan(archive[..length]);
            Assert.Equal(TarScanner.Truncated, scanner.Fault);
        }
    }

    [Theory]
    [InlineData("../x", "..")]
    [InlineData("a/../../x", "..")]
    [InlineData("/etc/passwd", "absolute")]
    [InlineData("a//b", "empty segment")]
    [InlineData("a/./b", "segment .")]
    [InlineData("a/", "folder")]
    [InlineData("", "empty")]
    [InlineData("./", "empty")]
    public void Path_ThatIsNotBelowAFolder_IsRefused(string path, string fault)
    {
        var scanner = Scan(Archive(Header(path, 0)));
        Assert.Contains(fault, scanner.Fault, StringComparison.Ordinal);
        Assert.Contains($"'{(path == "./" ? "" : path)}'", scanner.Fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("./a", "a")]
    [InlineData("././a/b", "a/b")]
    [InlineData("a\\..\\b", "a\\..\\b")]
    [InlineData("．．/x", "．．/x")]
    public void Path_ThatIsBelowAFolder_IsTaken(string path, string taken) =>
        Assert.Equal(taken, Assert.Single(Scan(Archive(Header(path, 0))).Entries).Path);

    [Theory]
    [InlineData('1', "hard link")]
    [InlineData('2', "symbolic link")]
    [InlineData('3', "device")]
    [InlineData('4', "device")]
    [InlineData('6', "pipe")]
    [InlineData('S', "sparse")]
    [InlineData('D', "unknown kind")]
    [InlineData('V', "unknown kind")]
    [InlineData('\x01', "unknown kind")]
    public void Entry_OfAnotherKind_IsRefusedByName(char kind, string fault)
    {
        var scanner = Scan(Archive(Header("evil", 0, kind)));
        Assert.Contains(fault, scanner.Fault, StringComparison.Ordinal);
        Assert.Contains("'evil'", scanner.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Folders_AreAllowed_ButNeverAFileAsWell()
    {
        Assert.Null(Scan(Archive(Header("./", 0, '5'), Header("a/", 0, '5'), Header("a/b", 0), Header("a", 0, '5'))).Fault);
        Assert.NotNull(Scan(Archive(Header("a", 0), Header("a/b", 0))).Fault);
        Assert.NotNull(Scan(Archive(Header("a/b", 0), Header("a", 0))).Fault);
        Assert.NotNull(Scan(Archive(Header("a", 0), Header("a", 0, '5'))).Fault);
        Assert.NotNull(Scan(Archive(Header("a", 0, '5'), Header("a", 0))).Fault);
        Assert.NotNull(Scan(Archive(Header("a", 0), Header("a", 0))).Fault);
        Assert.NotNull(Scan(Archive(Header("a", 5, '5'), new byte[Record])).Fault);
        Assert.Null(Scan(Archive(Header("a", 0), Header("A", 0), Header("ab", 0))).Fault);
    }

    [Fact]
    public void Pax_PathAndSize_WinOverTheHeader()
    {
        var pax = "17 path=../escape"u8.ToArray();
        Assert.Contains("..", Scan(Archive(Header("x", 18, 'x'), Padded("18 path=../escape\n"), Header("fine", 0))).Fault, StringComparison.Ordinal);
        Assert.Contains("damaged", Scan(Archive(Header("x", pax.Length, 'x'), Padded("17 path=../escape"), Header("fine", 0))).Fault, StringComparison.Ordinal);
        Assert.Equal(600, Assert.Single(Scan(Archive(Header("x", 12, 'x'), Padded("12 size=600\n"), Header("a", 0), new byte[2 * Record])).Entries).Bytes);
        Assert.NotNull(Scan(Archive(Header("x", 11, 'x'), Padded("11 size=-5\n"), Header("a", 0))).Fault);
        Assert.NotNull(Scan(Archive(Header("x", 11, 'g'), Padded("11 path=ab\n"), Header("a", 0))).Fault);
        Assert.NotNull(Scan(Archive(Header("x", 23, 'x'), Padded("23 GNU.sparse.size=999\n"), Header("a", 0))).Fault);
        Assert.NotNull(Scan(Archive(Header("x", 12, 'x'), Padded("12 size=600\n"))).Fault);
    }

    [Theory]
    [InlineData("0 path=a\n")]
    [InlineData("9999999999 path=a\n")]
    [InlineData("-9 path=a\n")]
    [InlineData("8 path=a\n")]
    [InlineData("11 path=a\n")]
    [InlineData("9 path=a\0")]
    [InlineData("9 patha=")]
    [InlineData(" path=a\n")]
    [InlineData("6 =a\n..")]
    public void Pax_Damaged_IsRefused(string record) =>
        Assert.NotNull(Scan(Archive(Header("x", record.Length, 'x'), Padded(record), Header("a", 0))).Fault);

    [Fact]
    public void LongName_OfGnu_IsTheNextEntrysPath()
    {
        var path = string.Join('/', Enumerable.Repeat(new string('n', 250), 16));
        Assert.Equal(path, Assert.Single(Scan(Archive(
            Header("././@LongLink", path.Length + 1, 'L'), Padded(path + "\0"), Header(path[..100], 0))).Entries).Path);
        Assert.NotNull(Scan(Archive(Header("x", 5_000, 'L'), Padded(new string('n', 5_000)), Header("a", 0))).Fault);
        Assert.NotNull(Scan(Archive(Header("x", 1, 'L'), Padded("a"), Header("x", 1, 'L'), Padded("b"), Header("a", 0))).Fault);
    }

    [Theory]
    [InlineData(1L << 40)]
    [InlineData(long.MaxValue)]
    public void Size_BeyondTheLimit_IsRefusedAtTheHeader(long size)
    {
        var header = Header("bomb", 0);
        header[124] = 0x80;
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(128), size);
        Sum(header);
        Assert.Contains("'bomb'", Scan(header).Fault, StringComparison.Ordinal);
        header[127] = 1;
        Sum(header);
        Assert.NotNull(Scan(header).Fault);
        Assert.Contains("65537", Scan(Header("x", 65_537, 'x')).Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Files_BeyondTheLimit_AreRefused()
    {
        var scanner = new TarScanner();
        for (var n = 0; n < ServiceLimits.ArchiveFiles; n++)
            scanner.Add(Header($"f{n}", 0));
        Assert.Null(scanner.Fault);
        scanner.Add(Header("one-more", 0));
        Assert.NotNull(scanner.Fault);

        var deep = new TarScanner();
        for (var n = 0; n < ServiceLimits.ArchiveFiles && deep.Fault is null; n++)
        {
            var path = $"{n}/{string.Join('/', Enumerable.Repeat("d", 2_000))}";
            deep.Add(Header("x", path.Length, 'L'));
            deep.Add(Padded(path));
            deep.Add(Header("x", 0));
        }

        Assert.Contains("paths", deep.Fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_ThatAreNoArchive_AreRefused()
    {
        Assert.Equal("The body is not a tar archive.", Scan(Encoding.ASCII.GetBytes(new string('x', 600))).Fault);
        Assert.NotNull(Scan([]).Fault);
        Assert.NotNull(Scan([.. Archive(Header("a", 0)), 1]).Fault);
        Assert.Null(Scan(new byte[2 * Record]).Fault);
        var damaged = Archive(Header("a", 0));
        damaged[0] = (byte)'b';
        Assert.NotNull(Scan(damaged).Fault);
    }

    // Whatever the bytes, the scanner ends, keeps little, and its entries lie within what it was given.
    [Fact]
    public void Archive_WithAnyByteChanged_IsReadOrRefused()
    {
        var archive = Written(TarEntryFormat.Pax, ("a/b", new byte[700]), (new string('x', 150), new byte[3]));
        var random = new Random(11);
        for (var round = 0; round < 20_000; round++)
        {
            var changed = archive.ToArray();
            for (var n = random.Next(1, 4); n > 0; n--)
                changed[random.Next(changed.Length)] = (byte)random.Next(256);
            for (var at = 0; at + Record <= changed.Length; at += Record)
            {
                if (random.Next(4) > 0)
                    Sum(changed.AsSpan(at, Record));
            }

            var scanner = Scan(changed);
            if (scanner.Fault is null)
                Assert.All(scanner.Entries, entry => Assert.InRange(entry.Offset + entry.Bytes, 0, changed.Length));
        }
    }

    private static TarScanner Scan(byte[] archive)
    {
        var scanner = new TarScanner();
        scanner.Add(archive);
        scanner.Finish();
        return scanner;
    }

    private static byte[] Written(TarEntryFormat format, params (string Path, byte[] Content)[] files)
    {
        using var archive = new MemoryStream();
        using (var writer = new TarWriter(archive, format, leaveOpen: true))
        {
            foreach (var (path, content) in files)
            {
                System.Formats.Tar.TarEntry entry = format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(TarEntryType.V7RegularFile, path),
                    TarEntryFormat.Ustar => new UstarTarEntry(TarEntryType.RegularFile, path),
                    TarEntryFormat.Pax => new PaxTarEntry(TarEntryType.RegularFile, path),
                    _ => new GnuTarEntry(TarEntryType.RegularFile, path),
                };
                entry.DataStream = new MemoryStream(content);
                writer.WriteEntry(entry);
            }
        }

        return archive.ToArray();
    }

    private static byte[] Archive(params byte[][] records) => [.. records.SelectMany(static record => record), .. new byte[2 * Record]];

    private static byte[] Padded(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Array.Resize(ref bytes, (bytes.Length + Record - 1) / Record * Record);
        return bytes;
    }

    private static byte[] Header(string path, long size, char kind = '0')
    {
        var header = new byte[Record];
        Encoding.UTF8.GetBytes(path).CopyTo(header, 0);
        Encoding.ASCII.GetBytes("0000644\0").CopyTo(header, 100);
        Encoding.ASCII.GetBytes(Convert.ToString(size, 8).PadLeft(11, '0')).CopyTo(header, 124);
        header[156] = (byte)kind;
        "ustar\0"u8.CopyTo(header.AsSpan(257));
        Sum(header);
        return header;
    }

    private static void Sum(Span<byte> header)
    {
        header.Slice(148, 8).Fill((byte)' ');
        var sum = 0;
        foreach (var one in header)
            sum += one;
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header[148..]);
    }
}
