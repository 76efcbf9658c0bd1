using System.Buffers.Binary;
using System.Text;

namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>
/// A list of system calls that the <see cref="Launcher"/> runs, as the memory that it maps at a fixed address.
/// </summary>
/// <remarks>
/// <code>
/// 0    header: the present record, the latest result, argv, envp, the record that failed, its error
/// 64   records of twelve numbers: kind, call, six arguments, where the result goes, and the next record after
///      a positive result, zero, and an error
/// then the data that arguments point to
/// </code>
/// Kind 0 is a system call. Kind 1 reads a wait status: its result is the signal, and the exit code goes where the
/// second argument points. Kind 2 copies a number.
/// </remarks>
internal sealed class SyscallScript
{
    internal const long Argv = Base + 16, Envp = Base + 24, Failure = Base + 32;
    internal const int FailureSize = 16;
    private const long Base = 0x10000000;
    private const long Scratch = Base + 8;
    private const int HeaderSize = 64, RecordSize = 96, ArgumentsAt = 16, MostRecords = 4096;

    // The data's place must be known before the number of records is: it follows the largest number of them.
    // The pages between are never touched.
    private const long DataBase = Base + HeaderSize + (RecordSize * (long)MostRecords);

    private readonly List<Record> records = [];
    private readonly Dictionary<string, int> labels = [];
    private readonly List<byte> data = [];

    /// <summary>Whether it sends the worker a descriptor, and thus needs a socket for its report.</summary>
    internal bool SendsDescriptor { get; set; }

    /// <summary>Adds a call that must succeed. Returns its number.</summary>
    internal int Must(string what, int call, params ReadOnlySpan<long> arguments) => Add(0, what, call, arguments, "fail");

    /// <summary>Adds a call that may fail. Returns its number.</summary>
    internal int May(int call, params ReadOnlySpan<long> arguments) => Add(0, "", call, arguments, null);

    /// <summary>Adds a number that is copied from one place to another.</summary>
    internal void Copy(long from, long to) => Add(2, "", 0, [from, to], null);

    /// <summary>Adds the reading of a wait status. Its result is the signal.</summary>
    internal int Decode(long status, long exitCode) => Add(1, "", 0, [status, exitCode], null);

    /// <summary>Names the next record.</summary>
    internal void Label(string name) => labels.Add(name, records.Count);

    /// <summary>The number of the next record.</summary>
    internal int Next => records.Count;

    /// <summary>Writes the result of a call to an address.</summary>
    internal void StoreResult(int record, long address) => records[record].Store = address;

    /// <summary>Says which records follow a call; null for the next one, or for what is set.</summary>
    internal void Jump(int record, string? positive = null, string? zero = null, string? error = null)
    {
        var at = records[record];
        (at.Positive, at.Zero, at.Error) = (positive ?? at.Positive, zero ?? at.Zero, error ?? at.Error);
    }

    /// <summary>The address of a call's argument.</summary>
    internal static long ArgumentOf(int record, int argument) =>
        Base + HeaderSize + ((long)record * RecordSize) + ArgumentsAt + (argument * 8);

    /// <summary>Adds data. Returns its address.</summary>
    internal long Data(ReadOnlySpan<byte> bytes)
    {
        while (data.Count % 8 != 0) data.Add(0);
        var address = DataBase + data.Count;
        data.AddRange(bytes);
        return address;
    }

    /// <summary>Adds numbers of 8 bytes each. Returns their address.</summary>
    internal long Numbers(params ReadOnlySpan<long> numbers)
    {
        Span<byte> bytes = stackalloc byte[8 * numbers.Length];
        for (var i = 0; i < numbers.Length; i++) BinaryPrimitives.WriteInt64LittleEndian(bytes[(8 * i)..], numbers[i]);
        return Data(bytes);
    }

    /// <summary>Adds a text that ends with NUL. Returns its address.</summary>
    internal long Text(string text) => Data(Encoding.UTF8.GetBytes(text + '\0'));

    /// <summary>What a record does, for a message.</summary>
    /// <param name="record">The address of the record that failed.</param>
    internal string Describe(long record)
    {
        var number = (int)((record - Base - HeaderSize) / RecordSize);
        return number >= 0 && number < records.Count ? records[number].What : "";
    }

    /// <summary>
    /// Returns the bytes that follow each other at the fixed address: header and records, and the data.
    /// </summary>
    internal (byte[] Records, byte[] Data, long DataOffset) ToBytes()
    {
        if (records.Count > MostRecords) throw new IOException("the sandbox would need too many mounts");
        var bytes = new byte[HeaderSize + (RecordSize * records.Count)];
        var at = bytes.AsSpan(HeaderSize);
        for (var i = 0; i < records.Count; i++)
        {
            var record = records[i];
            Span<long> numbers =
            [
                record.Kind, record.Call, .. record.Arguments, record.Store,
                AddressOf(record.Positive, i), AddressOf(record.Zero, i), AddressOf(record.Error, i),
            ];
            foreach (var number in numbers)
            {
                BinaryPrimitives.WriteInt64LittleEndian(at, number);
                at = at[8..];
            }
        }
        return (bytes, [.. data], DataBase - Base);
    }

    private int Add(int kind, string what, int call, ReadOnlySpan<long> arguments, string? error)
    {
        var all = new long[6];
        arguments.CopyTo(all);
        records.Add(new Record { Kind = kind, What = what, Call = call, Arguments = all, Error = error });
        return records.Count - 1;
    }

    private long AddressOf(string? label, int after) => Base + HeaderSize + (RecordSize * (long)(label is null ? after + 1 : labels[label]));

    private sealed class Record
    {
        public required int Kind { get; init; }

        public required string What { get; init; }

        public required int Call { get; init; }

        public required long[] Arguments { get; init; }

        public long Store { get; set; } = Scratch;

        public string? Positive { get; set; }

        public string? Zero { get; set; }

        public string? Error { get; set; }
    }
}
