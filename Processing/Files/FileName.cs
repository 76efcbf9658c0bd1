using System.Buffers.Binary;
using System.Security.Cryptography;

namespace OrleansTasks.Processing.Files;

/// <summary>
/// Names immutable bytes by their SHA-256. The text form is <c>sha256:</c> and 64 hexadecimal digits in lower case. Names sort like their
/// text forms.
/// </summary>
/// <param name="A">Bytes 0 to 7 of the hash, big-endian.</param>
/// <param name="B">Bytes 8 to 15.</param>
/// <param name="C">Bytes 16 to 23.</param>
/// <param name="D">Bytes 24 to 31.</param>
public readonly record struct FileName(ulong A, ulong B, ulong C, ulong D) : IComparable<FileName>
{
    /// <summary>The number of bytes in the binary form.</summary>
    public const int Size = 32;

    /// <summary>The number of characters in the text form.</summary>
    public const int TextLength = 71;

    private const string Prefix = "sha256:";

    /// <summary>The first byte of the hash, by which stores divide their files.</summary>
    public byte FirstByte => (byte)(A >> 56);

    /// <summary>Compares names by their bytes.</summary>
    public int CompareTo(FileName other) =>
        A != other.A ? A.CompareTo(other.A) : B != other.B ? B.CompareTo(other.B) : C != other.C ? C.CompareTo(other.C) : D.CompareTo(other.D);

    /// <summary>Returns whether <paramref name="left"/> sorts before <paramref name="right"/>.</summary>
    public static bool operator <(FileName left, FileName right) => left.CompareTo(right) < 0;

    /// <summary>Returns whether <paramref name="left"/> sorts after <paramref name="right"/>.</summary>
    public static bool operator >(FileName left, FileName right) => left.CompareTo(right) > 0;

    /// <summary>Returns whether <paramref name="left"/> does not sort after <paramref name="right"/>.</summary>
    public static bool operator <=(FileName left, FileName right) => left.CompareTo(right) <= 0;

    /// <summary>Returns whether <paramref name="left"/> does not sort before <paramref name="right"/>.</summary>
    public static bool operator >=(FileName left, FileName right) => left.CompareTo(right) >= 0;

    /// <summary>Returns the name of these bytes.</summary>
    public static FileName Of(ReadOnlySpan<byte> content)
    {
        Span<byte> hash = stackalloc byte[Size];
        SHA256.HashData(content, hash);
        return Read(hash);
    }

    /// <summary>Reads a name from the 32 bytes of the hash.</summary>
    public static FileName Read(ReadOnlySpan<byte> source) => new(
        BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(source[16..]), BinaryPrimitives.ReadUInt64BigEndian(source[24..]));

    /// <summary>Writes the 32 bytes of the hash to the start of <paramref name="destination"/>.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, A);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], B);
        BinaryPrimitives.WriteUInt64BigEndian(destination[16..], C);
        BinaryPrimitives.WriteUInt64BigEndian(destination[24..], D);
    }

    /// <summary>Returns the 32 bytes of the hash.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        Write(bytes);
        return bytes;
    }

    /// <summary>Parses the text form. Accepts nothing else, not even digits in upper case.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out FileName name)
    {
        name = default;
        if (text.Length != TextLength || !text.StartsWith(Prefix, StringComparison.Ordinal))
            return false;
        var digits = text[Prefix.Length..];
        Span<byte> hash = stackalloc byte[Size];
        if (digits.ContainsAnyInRange('A', 'F')
            || Convert.FromHexString(digits, hash, out _, out _) != System.Buffers.OperationStatus.Done)
            return false;
        name = Read(hash);
        return true;
    }

    /// <summary>Parses the text form.</summary>
    /// <exception cref="FormatException">The text is not the name of a file.</exception>
    public static FileName Parse(ReadOnlySpan<char> text) =>
        TryParse(text, out var name) ? name : throw new FormatException("The name of a file is sha256: and 64 hexadecimal digits in lower case.");

    /// <summary>Returns the 64 hexadecimal digits of the hash.</summary>
    public string ToHex()
    {
        Span<byte> hash = stackalloc byte[Size];
        Write(hash);
        return Convert.ToHexStringLower(hash);
    }

    /// <summary>Returns the text form.</summary>
    public override string ToString() => Prefix + ToHex();
}
