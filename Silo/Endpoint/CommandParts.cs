using OrleansTasks.Worker.Protocol;

namespace OrleansTasks.Silo.Endpoint;

/// <summary>Cuts commands into messages of a size that every gRPC library takes.</summary>
internal static class CommandParts
{
    /// <summary>
    /// The same commands in the same order, in messages of about <paramref name="size"/> bytes at most; a single one that is
    /// larger goes alone.
    /// </summary>
    internal static IEnumerable<Commands> Of(Commands commands, int size)
    {
        if (commands.Start.Count <= 1 || commands.CalculateSize() <= size)
            return [commands];
        var parts = new List<Commands>();
        var (part, filled) = (new Commands(), 0);
        foreach (var start in commands.Start)
        {
            var more = start.CalculateSize();
            if (filled + more > size && filled > 0)
            {
                parts.Add(part);
                (part, filled) = (new Commands(), 0);
            }

            part.Start.Add(start);
            filled += more;
        }

        part.Cancel.Add(commands.Cancel);
        part.Kill.Add(commands.Kill);
        parts.Add(part);
        return parts;
    }
}
