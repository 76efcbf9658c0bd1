using System.Buffers.Binary;

namespace OrleansTasks.Tasks;

/// <summary>
/// Proves that its holder has the lease of one attempt. It is 128 random bits, generated when the attempt is assigned.
/// </summary>
/// <param name="High">The first eight bytes.</param>
/// <param name="Low">The last eight bytes.</param>
[GenerateSerializer, Immutable, Alias("ot.LeaseToken")]
public readonly record struct LeaseToken([property: Id(0)] ulong High, [property: Id(1)] ulong Low)
{
    /// <summary>The number of bytes in the binary form.</summary>
    public const int Size = 16;

    /// <summary>The XOR of the two halves. The XOR over a set of tokens is the set's digest.</summary>
    public ulong Digest => High ^ Low;

    /// <summary>Writes the 16 bytes, big-endian.</summary>
    public void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, High);
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], Low);
    }

    /// <summary>Reads a token from its 16 bytes.</summary>
    public static LeaseToken Read(ReadOnlySpan<byte> source) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(source), BinaryPrimitives.ReadUInt64BigEndian(source[8..]));

    /// <summary>Returns the 32 hexadecimal digits.</summary>
    public override string ToString() => $"{High:x16}{Low:x16}";
}

/// <summary>Identifies one leased attempt between a node and a dispatcher.</summary>
/// <param name="Task">The task.</param>
/// <param name="Queue">The queue whose dispatcher granted the lease.</param>
/// <param name="Attempt">The attempt's number, from 1.</param>
/// <param name="Token">The lease's token.</param>
[GenerateSerializer, Immutable, Alias("ot.LeaseRef")]
public readonly record struct LeaseRef(
    [property: Id(0)] TaskId Task,
    [property: Id(1)] string Queue,
    [property: Id(2)] int Attempt,
    [property: Id(3)] LeaseToken Token);
