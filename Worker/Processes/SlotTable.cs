namespace OrleansTasks.Worker.Processes;

/// <summary>What an epoll event of a command is about.</summary>
internal enum SlotEvent
{
    /// <summary>Standard output is readable.</summary>
    Output = 0,

    /// <summary>Standard error is readable.</summary>
    Error = 1,

    /// <summary>The command has ended.</summary>
    Ended = 2,

    /// <summary>Standard input is writable.</summary>
    Input = 3,
}

/// <summary>A running command and its descriptors, as one loop follows them.</summary>
internal sealed class Slot
{
    /// <summary>The slot's index in the table.</summary>
    internal required int Index { get; init; }

    /// <summary>Incremented with each use of the slot, so that an event of an earlier use is recognized.</summary>
    internal uint Generation;

    /// <summary>The command; null while the slot is free.</summary>
    internal RunningProcess? Process;

    /// <summary>The read end of standard output; negative when closed.</summary>
    internal int Output = -1;

    /// <summary>The number of bytes read from standard output; used to decide whether to enlarge its pipe.</summary>
    internal long OutputRead;

    /// <summary>Whether the pipe of standard output has been enlarged.</summary>
    internal bool IsWide;

    /// <summary>The read end of standard error; negative when closed.</summary>
    internal int Error = -1;

    /// <summary>The process descriptor, which becomes readable when the process ends; negative when closed.</summary>
    internal int Ended = -1;
}

/// <summary>The commands that one loop follows, found by the tag of an epoll event.</summary>
internal sealed class SlotTable
{
    private readonly List<Slot> slots = [];
    private readonly Stack<Slot> free = [];

    /// <summary>The number of slots in use.</summary>
    internal int Count => slots.Count - free.Count;

    /// <summary>The slots in use.</summary>
    internal IEnumerable<Slot> InUse => slots.Where(static slot => slot.Process is not null);

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

    /// <summary>Frees a slot for another command.</summary>
    internal void Release(Slot slot)
    {
        (slot.Process, slot.OutputRead, slot.IsWide) = (null, 0, false);
        slot.Generation++;
        free.Push(slot);
    }

    /// <summary>
    /// Returns the tag of a slot's event: the generation in the upper half, then the slot's index, and the kind in the
    /// lowest two bits. The top bit stays 0, which keeps tags apart from the loop's own.
    /// </summary>
    internal static ulong TagOf(Slot slot, SlotEvent kind) =>
        ((ulong)(slot.Generation & 0x7fffffff) << 32) | ((uint)slot.Index << 2) | (uint)kind;

    /// <summary>Returns the kind of event that a tag stands for.</summary>
    internal static SlotEvent KindOf(ulong tag) => (SlotEvent)(tag & 3);

    /// <summary>Returns the slot of a tag; null if the tag belongs to an earlier use of the slot.</summary>
    internal Slot? Find(ulong tag)
    {
        var slot = slots[(int)((uint)tag >> 2)];
        return slot.Process is not null && (slot.Generation & 0x7fffffff) == (uint)(tag >> 32) ? slot : null;
    }
}
