using System.Buffers.Binary;
using System.Text;
using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Files;

/// <summary>A regular file of an archive: where its bytes are.</summary>
internal sealed record TarEntry(string Path, long Offset, long Bytes, bool IsExecutable);

/// <summary>
/// Checks a tar archive (POSIX.1-2001 with pax headers, and GNU's long names) while it arrives, in pieces of any size, and finds its files.
/// Only regular files and folders are allowed, with paths that stay in a folder. What it keeps is bounded by
/// <see cref="ServiceLimits.ArchiveFiles"/> and <see cref="ServiceLimits.ArchivePathBytes"/>.
/// </summary>
/// <remarks>
/// <code>
/// Header ──file, folder──► Content ──► Padding ──► Header
///    │ ──pax, long name──► Text ─────► Padding ──► Header      (a text that describes the next entry)
///    └──zeros────────────► End                                 (only zeros may follow)
/// </code>
/// </remarks>
internal sealed class TarScanner
{
    /// <summary>What is wrong with an archive without an end.</summary>
    public const string Truncated = "The archive is truncated: its end mark is missing.";

    private const int Record = 512;

    // A pax header has a path of 4,096 bytes, some times and names of users.
    private const int MostTextBytes = 64 << 10;
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private readonly List<TarEntry> entries = [];
    private readonly HashSet<string> files = new(StringComparer.Ordinal);
    private readonly HashSet<string> folders = new(StringComparer.Ordinal);
    private readonly byte[] header = new byte[Record];
    private Part part = Part.Header;
    private byte[] text = [];
    private char kind;

    // The bytes of the header or the text that have arrived, and those of a content or padding that are still to come.
    private int filled;
    private long left;
    private long at;
    private int seen;
    private int pathBytes;

    // What texts said about the next entry.
    private string? nextPath;
    private long? nextBytes;

    private enum Part
    {
        Header,
        Content,
        Text,
        Padding,
        End,
    }

    /// <summary>What is wrong, as a sentence that names the entry; null if nothing is so far.</summary>
    public string? Fault { get; private set; }

    /// <summary>The files found so far.</summary>
    public IReadOnlyList<TarEntry> Entries => entries;

    /// <summary>Looks at the next bytes.</summary>
    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty && Fault is null)
        {
            var taken = part switch
            {
                Part.Header => Fill(header, bytes),
                Part.Text => Fill(text, bytes),
                Part.End => CheckZeros(bytes),
                _ => (int)Math.Min(left, bytes.Length),
            };
            bytes = bytes[taken..];
            at += taken;
            if (part is Part.Content or Part.Padding)
                left -= taken;
            Advance();
        }
    }

    /// <summary>Says that no more bytes come.</summary>
    public void Finish()
    {
        if (part != Part.End)
            Fault ??= Truncated;
    }

    // Moves on from every part that is complete, also from empty ones.
    private void Advance()
    {
        while (Fault is null)
        {
            switch (part)
            {
                case Part.Header when filled == Record:
                    filled = 0;
                    ReadHeader();
                    break;
                case Part.Text when filled == text.Length:
                    ReadText();
                    (filled, left, part) = (0, PaddingOf(text.Length), Part.Padding);
                    break;
                case Part.Content when left == 0:
                    (left, part) = (PaddingOf(entries.Count > 0 ? entries[^1].Bytes : 0), Part.Padding);
                    break;
                case Part.Padding when left == 0:
                    part = Part.Header;
                    break;
                default:
                    return;
            }
        }
    }

    private static long PaddingOf(long length) => (Record - length % Record) % Record;

    private int Fill(byte[] target, ReadOnlySpan<byte> bytes)
    {
        var taken = Math.Min(target.Length - filled, bytes.Length);
        bytes[..taken].CopyTo(target.AsSpan(filled));
        filled += taken;
        return taken;
    }

    private int CheckZeros(ReadOnlySpan<byte> bytes)
    {
        if (bytes.ContainsAnyExcept((byte)0))
            Fault = "The archive has bytes after its end mark.";
        return bytes.Length;
    }

    private void ReadHeader()
    {
        if (!header.AsSpan().ContainsAnyExcept((byte)0))
        {
            part = Part.End;
            if (nextPath is not null || nextBytes is not null)
                Fault = "The archive ends after a header that describes another entry.";
            return;
        }

        if (NumberOf(148, 8) is not { } sum || sum != Checksum())
        {
            Fault = at == Record ? "The body is not a tar archive." : $"The header at byte {at - Record} is damaged: its checksum is wrong.";
            return;
        }

        if (++seen > 3L * ServiceLimits.ArchiveFiles)
        {
            Fault = $"The archive has more than {ServiceLimits.Count(ServiceLimits.ArchiveFiles)} entries.";
            return;
        }

        kind = header[156] == 0 ? '0' : (char)header[156];
        if (NumberOf(124, 12) is not { } bytes)
        {
            Fault = $"{EntryName()} has a size that is not a number.";
            return;
        }

        if (kind is 'x' or 'g' or 'L' or 'K')
            BeginText(bytes);
        else
            BeginEntry(bytes);
    }

    private void BeginText(long bytes)
    {
        if (bytes > MostTextBytes)
        {
            Fault = $"A header that describes another entry is {bytes} bytes long, more than {MostTextBytes}.";
            return;
        }

        text = new byte[bytes];
        (filled, part) = (0, Part.Text);
    }

    private void BeginEntry(long bytes)
    {
        bytes = nextBytes ?? bytes;
        if (PathInHeader() is not { } path)
        {
            Fault = $"{EntryName()}: the path is not valid UTF-8.";
            return;
        }

        (nextPath, nextBytes) = (null, null);
        // "tar c ." writes ./ in front of every path.
        while (path.StartsWith("./", StringComparison.Ordinal))
            path = path[2..];
        switch (kind)
        {
            case '0' or '7':
                AddFile(path, bytes);
                break;
            case '5':
                AddFolder(path, bytes);
                break;
            default:
                Fault = $"{Quote(path)} is {KindName()}; an archive may have only regular files and folders.";
                break;
        }
    }

    private void AddFile(string path, long bytes)
    {
        if (FolderPath.FindFault(path) is { } fault)
            Fault = $"The path {Quote(path)} {fault}.";
        else if (bytes < 0 || bytes > ServiceLimits.FileBytes)
            Fault = $"{Quote(path)} is {bytes} bytes long, more than {ServiceLimits.FileBytes}.";
        else if (entries.Count == ServiceLimits.ArchiveFiles)
            Fault = $"The archive has more than {ServiceLimits.Count(ServiceLimits.ArchiveFiles)} files.";
        else if (!files.Add(path) || folders.Contains(path))
            Fault = $"{Quote(path)} is in the archive twice.";
        else if (FileAbove(path) is { } above)
            Fault = $"{Quote(path)} lies below {Quote(above)}, which is a file.";
        else
        {
            CountPath(path);
            entries.Add(new TarEntry(path, at, bytes, (NumberOf(100, 8) & 0b001_000_000) != 0));
            (left, part) = (bytes, Part.Content);
        }
    }

    private void AddFolder(string path, long bytes)
    {
        path = path.TrimEnd('/');
        if (path is not ("" or ".") && FolderPath.FindFault(path) is { } fault)
            Fault = $"The path {Quote(path)} {fault}.";
        else if (bytes != 0)
            Fault = $"{Quote(path)} is a folder with content.";
        else if (files.Contains(path) || FileAbove(path) is not null)
            Fault = $"{Quote(path)} is a folder in the archive, and a file.";
        else if (folders.Add(path))
            CountPath(path);
    }

    // Also notes the folders above a file, so that none of them can become a file later.
    private string? FileAbove(string path)
    {
        for (var slash = path.LastIndexOf('/'); slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            var above = path[..slash];
            if (files.Contains(above))
                return above;
            if (!folders.Add(above))
                return null;
            CountPath(above);
        }

        return null;
    }

    private void CountPath(string path)
    {
        if ((pathBytes += Strict.GetByteCount(path)) > ServiceLimits.ArchivePathBytes)
            Fault ??= $"The archive's paths are more than {ServiceLimits.ArchivePathBytes} bytes together.";
    }

    private void ReadText()
    {
        try
        {
            switch (kind)
            {
                case 'L' when nextPath is null:
                    nextPath = Strict.GetString(text.AsSpan().TrimEnd((byte)0));
                    break;
                case 'L':
                    Fault = "Two headers give the path of one entry.";
                    break;
                case 'x':
                    ReadPax(isGlobal: false);
                    break;
                case 'g':
                    ReadPax(isGlobal: true);
                    break;
                // K has the target of a link, which is refused when it comes.
            }
        }
        catch (DecoderFallbackException)
        {
            Fault = "A header that describes another entry is not valid UTF-8.";
        }
    }

    // Records of the form "LENGTH NAME=VALUE\n", where the length is that of the whole record.
    private void ReadPax(bool isGlobal)
    {
        var rest = text.AsSpan();
        while (!rest.IsEmpty && Fault is null)
        {
            var space = rest.IndexOf((byte)' ');
            if (space is < 1 or > 9 || !int.TryParse(rest[..space], out var length) || length <= space + 1 || length > rest.Length
                || rest[length - 1] != '\n' || rest[(space + 1)..length].IndexOf((byte)'=') is not (> 0 and var equals))
            {
                Fault = "A pax header is damaged.";
                return;
            }

            var record = rest[(space + 1)..(length - 1)];
            TakePax(Strict.GetString(record[..equals]), record[(equals + 1)..], isGlobal);
            rest = rest[length..];
        }
    }

    private void TakePax(string name, ReadOnlySpan<byte> value, bool isGlobal)
    {
        if (name.StartsWith("GNU.sparse.", StringComparison.Ordinal))
            Fault = "A file in the archive is sparse; write it without --sparse.";
        else if (name is "path" or "size" && isGlobal)
            Fault = $"A global pax header gives the {name} of all entries.";
        else if (name == "path")
            nextPath = Strict.GetString(value);
        else if (name == "size")
        {
            if (!long.TryParse(value, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var size))
                Fault = "A pax header has a size that is not a number.";
            nextBytes = size;
        }
    }

    private string? PathInHeader()
    {
        if (nextPath is not null)
            return nextPath;
        try
        {
            var name = Strict.GetString(Field(0, 100));
            // GNU's own format has times where others have the path's beginning.
            var prefix = header.AsSpan(257, 6).SequenceEqual("ustar\0"u8) ? Strict.GetString(Field(345, 155)) : "";
            return prefix.Length > 0 ? $"{prefix}/{name}" : name;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private ReadOnlySpan<byte> Field(int start, int length)
    {
        var field = header.AsSpan(start, length);
        return field.IndexOf((byte)0) is >= 0 and var end ? field[..end] : field;
    }

    private string EntryName() => PathInHeader() is { } path ? Quote(path) : $"The entry at byte {at - Record}";

    private static string Quote(string path) => $"'{(path.Length > 200 ? path[..200] + "…" : path).Replace('\0', '␀')}'";

    private string KindName() => kind switch
    {
        '1' => "a hard link",
        '2' => "a symbolic link",
        '3' or '4' => "a device",
        '6' => "a pipe",
        'S' => "a sparse file",
        _ => $"of the unknown kind '{(char.IsAsciiLetterOrDigit(kind) ? kind : '?')}'",
    };

    // The sum of all bytes of the header, with spaces in place of the sum.
    private long Checksum()
    {
        var sum = 0L;
        for (var i = 0; i < Record; i++)
            sum += i is >= 148 and < 156 ? ' ' : header[i];
        return sum;
    }

    // Octal digits with spaces or zeros around them; GNU writes large numbers in binary, with the highest bit set.
    private long? NumberOf(int start, int length)
    {
        var field = header.AsSpan(start, length);
        if (field[0] == 0x80)
            return length == 12 && !field[1..4].ContainsAnyExcept((byte)0)
                && BinaryPrimitives.ReadInt64BigEndian(field[4..]) is >= 0 and var large ? large : null;
        var digits = field.Trim((byte)' ');
        digits = digits.TrimEnd((byte)0).Trim((byte)' ');
        var number = 0L;
        foreach (var digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return null;
            number = number * 8 + (digit - '0');
        }

        return number;
    }
}
