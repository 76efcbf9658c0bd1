using System.Collections;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using OrleansTasks.Fuzz.Tests.Fuzzing;

namespace OrleansTasks.Fuzz.Tests.Messages;

/// <summary>
/// Makes messages of any protobuf type, with values that a program of the fleet could send or that are on the border of
/// it.
/// </summary>
/// <param name="random">The iteration's choices.</param>
internal sealed class MessageMaker(Random random)
{
    private const int Deepest = 4;

    private static readonly string[] Texts =
    [
        "", "a", "mallory", "eve", "default", "default/0", "/", "x/y/z", "01", "SIGKILL",
        "é", "😀", "\0", "a\0b", "../../x", "\u0001", "\uffff",
        "team", "blue", "TASK_ID", "PATH", "LANG", "A=B", "0123456789abcdef0123456789abcdef",
        "019f5a2c-7d10-7c3a-8b00-0342ab12cd34", "TASK_ATTEMPT",
    ];

    /// <summary>Gives the text of a field in place of the general ones; null: no choice.</summary>
    public Func<FieldDescriptor, string?>? TextFor { get; init; }

    /// <summary>Gives the number of a field in place of the general ones; null: no choice.</summary>
    public Func<FieldDescriptor, long?>? NumberFor { get; init; }

    /// <summary>Gives the bytes of a field in place of the general ones; null: no choice.</summary>
    public Func<FieldDescriptor, byte[]?>? BytesFor { get; init; }

    /// <summary>Makes a message.</summary>
    public IMessage Make(MessageDescriptor type) => Fill(type, 0);

    private IMessage Fill(MessageDescriptor type, int depth)
    {
        var message = type.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in type.Fields.InDeclarationOrder())
        {
            if (random.Percent(25))
                continue;
            if (field.IsMap)
                FillMap((IDictionary)field.Accessor.GetValue(message), field.MessageType, depth);
            else if (field.IsRepeated)
                FillList((IList)field.Accessor.GetValue(message), field, depth);
            else if (Value(field, depth) is { } value)
                field.Accessor.SetValue(message, value);
        }

        return message;
    }

    private void FillMap(IDictionary map, MessageDescriptor entry, int depth)
    {
        for (var left = random.Next(0, 3); left > 0; left--)
        {
            if (Value(entry.FindFieldByNumber(1), depth) is { } key && Value(entry.FindFieldByNumber(2), depth) is { } value)
                map[key] = value;
        }
    }

    private void FillList(IList list, FieldDescriptor field, int depth)
    {
        for (var left = random.Next(0, 4); left > 0; left--)
            if (Value(field, depth) is { } value)
                list.Add(value);
    }

    private object? Value(FieldDescriptor field, int depth) => field.FieldType switch
    {
        FieldType.Bool => random.Percent(50),
        FieldType.Double => random.Pick([0d, 1.5, -1, double.NaN, double.PositiveInfinity, double.MaxValue,
            double.Epsilon]),
        FieldType.Int32 => (int)Number(field),
        FieldType.Int64 => Number(field),
        FieldType.UInt32 => (uint)Number(field),
        FieldType.Enum => (int)random.Pick([0L, 1, 2, 3, 8, 9, -1, int.MaxValue]),
        FieldType.String => TextFor?.Invoke(field) ?? random.Pick(Texts),
        FieldType.Bytes => ByteString.CopyFrom(
            BytesFor?.Invoke(field) ?? random.Bytes(random.Pick([0, 1, 15, 16, 17, 300]))),
        FieldType.Message => depth < Deepest ? Fill(field.MessageType, depth + 1) : null,
        var other => throw new InvalidOperationException(
            $"The fuzzer knows no values of the type {other}: teach it some."),
    };

    private long Number(FieldDescriptor field) =>
        NumberFor?.Invoke(field) ?? (random.Percent(50) ? random.Next(0, 100) : random.Edge());
}
