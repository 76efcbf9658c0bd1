namespace OrleansTasks.Worker.Processes;

/// <summary>What an event is about.</summary>
internal enum SlotEvent
{
    /// <summary>Standard output can be read.</summary>
    Output = 0,

    /// <summary>Standard error can be read.</summary>
    Error = 1,

    /// <summary>The command has ended.</summary>
    Ended = 2,

    /// <summary>Standard input can be written.</summary>
    Input = 3,
}

/// <summary>A running command and its descriptors, in one loop.</summary>
internal sealed class Slot
{
    /// <summary>Where it is in the table.</summary>
    internal required int Index { get; init; }

    /// <summary>Rises with each use, so that an event of an earlier one is known.</summary>
    internal uint Generation;

    /// <summary>The command; null while the slot is free.</summary>
    internal RunningProcess? Process;

    /// <summary>The reading end of standard output; negative when closed.</summary>
    internal int Output = -1;

    /// <summary>How many bytes of standard output were read; what matters is whether they are many.</summary>
    internal long OutputRead;

    /// <summary>Whether the pipe of standard output has been made larger.</summary>
    internal bool IsWide;

    /// <summary>The reading end of standard error; negative when closed.</summary>
    internal int Error = -1;

    /// <summary>What tells that the process has ended.</summary>
    internal int Ended = -1;
}

/// <summary>The commands of one loop, found by the tag of an event.</summary>
internal sealed class SlotTable
{
    private readonly List<Slot> slots = [];
    private readonly Stack<Slot> free = [];

    /// <summary>How many are in use.</summary>
    internal int Count => slots.Count - free.Count;

    /// <summary>Takes a slot for a command.</summary>
    internal Slot Take(RunningProcess process)
    {
        if (!free.TryPop(out var slot))
        {
            slot = new Slot { Index = slots.Count };
            slots.Add(slot);
        }
        slot.Process = process;
        return slot;
    }

    /// <summary>Gives a slot back.</summary>
    internal void Release(Slot slot)
    {
        (slot.Process, slot.OutputRead, slot.IsWide) = (null, 0, false);
        slot.Generation++;
        free.Push(slot);
    }

    /// <summary>The tag of a slot's event.</summary>
    internal static ulong TagOf(Slot slot, SlotEvent kind) =>
        ((ulong)(slot.Generation & 0x7fffffff) << 32) | ((uint)slot.Index << 2) | (uint)kind;

    /// <summary>What a tag is about.</summary>
    internal static SlotEvent KindOf(ulong tag) => (SlotEvent)(tag & 3);

    /// <summary>The slot of a tag; null when that use of it is over.</summary>
    internal Slot? Find(ulong tag)
    {
        var slot = slots[(int)((uint)tag >> 2)];
        return slot.Process is not null && (slot.Generation & 0x7fffffff) == (uint)(tag >> 32) ? slot : null;
    }
}
