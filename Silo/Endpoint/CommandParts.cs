using Google.Protobuf;
using Google.Protobuf.Collections;
using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Splits commands into messages that every gRPC library accepts.</summary>
internal static class CommandParts
{
    /// <summary>
    /// Returns the same commands in the same order, in messages of about <paramref name="size"/> bytes at most. A
    /// single larger command gets a message of its own.
    /// </summary>
    internal static IEnumerable<Commands> Of(Commands commands, int size)
    {
        if (commands.CalculateSize() <= size)
            return [commands];
        var parts = new List<Commands> { new() };
        var filled = 0;
        Split(commands.Start, static part => part.Start);
        Split(commands.Cancel, static part => part.Cancel);
        Split(commands.Kill, static part => part.Kill);
        Split(commands.List, static part => part.List);
        return parts;

        void Split<T>(RepeatedField<T> all, Func<Commands, RepeatedField<T>> of)
            where T : IMessage
        {
            foreach (var one in all)
            {
                var more = one.CalculateSize();
                if (filled + more > size && filled > 0)
                {
                    parts.Add(new Commands());
                    filled = 0;
                }

                of(parts[^1]).Add(one);
                filled += more;
            }
        }
    }
}
