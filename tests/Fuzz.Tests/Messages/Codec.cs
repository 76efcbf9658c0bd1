using System.Buffers;
using Google.Protobuf;
using OrleansTasks.Fuzz.Tests.Fuzzing;

namespace OrleansTasks.Fuzz.Tests.Messages;

/// <summary>One serialized form that today's code reads.</summary>
/// <param name="Name">The name in inputs; no white space.</param>
/// <param name="Make">Makes valid bytes.</param>
/// <param name="Read">Reads bytes, and does with the value what the product does with it next.</param>
/// <param name="IsRefusal">Whether an exception is the documented way to say that bytes cannot be read.</param>
internal sealed record Codec(string Name, Func<Random, byte[]> Make, Action<byte[]> Read, Func<Exception,
    bool> IsRefusal)
{
    /// <summary>
    /// Checks that a reader of today takes what a writer of tomorrow adds and finds the members that it knows
    /// unchanged; null: the form has a version and no such promise.
    /// </summary>
    public Action<byte[], Random>? TakesFuture { get; init; }

    /// <summary>Reads as the result file does, and as the wire does: from one piece of memory, and from two.</summary>
    private static void Parse<T>(MessageParser<T> parser, byte[] bytes)
        where T : class, IMessage<T>
    {
        parser.ParseFrom(Pieces(bytes, bytes.Length));
        parser.ParseFrom(Pieces(bytes, bytes.Length / 2));
        parser.ParseFrom(bytes);
    }

    private static ReadOnlySequence<byte> Pieces(byte[] bytes, int cut)
    {
        var first = new Piece(bytes.AsMemory(0, cut), 0, null);
        var last = new Piece(bytes.AsMemory(cut), cut, first);
        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        internal Piece(ReadOnlyMemory<byte> memory, long at, Piece? before)
        {
            (Memory, RunningIndex) = (memory, at);
            if (before is not null)
                before.Next = this;
        }
    }

    /// <summary>A codec of a protobuf message.</summary>
    public static Codec OfMessage<T>(MessageParser<T> parser)
        where T : class, IMessage<T>, new()
    {
        var type = new T().Descriptor;
        var forgetful = parser.WithDiscardUnknownFields(true);
        return new Codec(
            type.Name, random => new MessageMaker(random).Make(type).ToByteArray(), bytes => Parse(parser, bytes),
            static refusal => refusal is InvalidProtocolBufferException)
        {
            TakesFuture = (bytes, random) =>
            {
                var known = forgetful.ParseFrom(bytes);
                var read = forgetful.ParseFrom(new WireMutator(random).AddFuture(bytes));
                if (!read.Equals(known))
                    throw new FindingException(
                        $"{type.Name} with fields of the future is read as {read}; without them it is {known}.");
            },
        };
    }
}
