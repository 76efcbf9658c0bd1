using OrleansTasks.Tasks;

namespace OrleansTasks.Dispatch.Lifecycle;

/// <summary>
/// Tracks which tasks of a queue (children) wait for which others (parents) to end (<c>after</c>). Whether a child may
/// start (<see cref="DependencyVerdict"/>) follows from the states of its parents alone, so the store has only the list
/// of parents of each child. <see cref="OpenTasks"/> reports children and states; <see cref="Releases"/> takes a
/// bounded number of decided children in each round. Pure and not thread-safe.
/// </summary>
/// <remarks>
/// <code>
/// parent     that is                                                        the child's condition is
/// unknown    the store has not been asked since the queue was loaded        open
/// open                                                                      open
/// ended      in one of the final states                                     met, or not
/// gone       retention has removed it; had its end not met the condition,   met
///            the child would have been skipped before
/// </code>
/// A retried parent is open again for children that still wait. The end of a parent takes a step for each of its
/// children; adding or removing a child takes a step for each of its parents.
/// </remarks>
internal sealed class Dependencies
{
    /// <summary>The maximum number of parents that <see cref="Waits"/> names.</summary>
    public const int MostNamed = 10;

    private readonly Dictionary<TaskId, Parent> parents = [];
    private readonly Dictionary<TaskId, Child> children = [];

    // Children that may be decided, each at most once. Some have been removed since, and some wait again.
    private readonly Queue<Child> decided = new();

    // Parents whose states were unknown when they were added, oldest first.
    private readonly Queue<Parent> unknown = new();

    private enum Knowledge : byte
    {
        Unknown,
        Open,
        Ended,
        Gone,
    }

    public int Count => children.Count;

    /// <summary>Whether the state of any parent is unknown.</summary>
    public bool HasUnknown
    {
        get
        {
            DropKnown();
            return unknown.Count > 0;
        }
    }

    public bool HasChildren(TaskId id) => parents.ContainsKey(id);

    public bool HasDecided => decided.Count > 0;

    /// <summary>
    /// Adds a new child that waits for the tasks of <paramref name="after"/>, each named once.
    /// <paramref name="stateOf"/> returns the state of a new parent, or null if it is unknown.
    /// </summary>
    public void Hold(TaskId id, ImmutableArray<TaskDependency> after, Func<TaskId, TaskState?> stateOf)
    {
        var child = new Child(id, new Edge[after.Length]);
        children.Add(id, child);
        for (var i = 0; i < after.Length; i++)
        {
            var parent = ParentOf(after[i].Task, stateOf);
            child.Edges[i] = new Edge(parent, after[i].On, parent.Edges.Count);
            parent.Edges.Add((child, i));
            child.Count(StandingOf(parent, after[i].On), 1);
        }

        Note(child);
    }

    public void Remove(TaskId id)
    {
        if (!children.Remove(id, out var child))
            return;
        foreach (var edge in child.Edges)
        {
            var edges = edge.Parent.Edges;
            // Fill the gap with the last edge, so that removal takes constant time.
            var (moved, index) = edges[^1];
            edges[edge.Place] = (moved, index);
            moved.Edges[index].Place = edge.Place;
            edges.RemoveAt(edges.Count - 1);
            if (edges.Count == 0)
                parents.Remove(edge.Parent.Id);
        }
    }

    /// <summary>Notes that a task is open: it is new, read from the store, or retried.</summary>
    public void Opened(TaskId id) => Learn(id, Knowledge.Open, default);

    public void Ended(TaskId id, TaskState state) => Learn(id, Knowledge.Ended, state);

    /// <summary>Notes that retention has removed a task from the store.</summary>
    public void Gone(TaskId id) => Learn(id, Knowledge.Gone, default);

    /// <summary>
    /// Takes a child that may start or can never start. Returns false if there is none. The child stays until
    /// <see cref="Remove"/>, and is taken again only after another change of a parent.
    /// </summary>
    public bool TryTake(out TaskId id, out DependencyVerdict verdict)
    {
        while (decided.TryDequeue(out var child))
        {
            child.IsListed = false;
            (id, verdict) = (child.Id, child.Verdict);
            if (verdict != DependencyVerdict.Waiting && children.GetValueOrDefault(id) == child)
                return true;
        }

        (id, verdict) = (default, DependencyVerdict.Waiting);
        return false;
    }

    /// <summary>
    /// Returns the verdict on a child, or <see cref="DependencyVerdict.Free"/> for a task that waits for nothing.
    /// </summary>
    public DependencyVerdict VerdictOf(TaskId id) =>
        children.TryGetValue(id, out var child) ? child.Verdict : DependencyVerdict.Free;

    /// <summary>
    /// Returns how many parents are not known to have ended, and the first of them in the child's order.
    /// </summary>
    public (int Count, ImmutableArray<TaskId> First) Waits(TaskId id)
    {
        if (!children.TryGetValue(id, out var child))
            return (0, []);
        var open = child.Edges.Where(static edge => edge.Parent.Knowledge is Knowledge.Unknown or Knowledge.Open)
            .Select(static edge => edge.Parent.Id).ToArray();
        return (open.Length, [.. open.Take(MostNamed)]);
    }

    /// <summary>Returns up to <paramref name="most"/> parents whose states are unknown, oldest first.</summary>
    public ImmutableArray<TaskId> Unknown(int most)
    {
        DropKnown();
        return [.. unknown.Where(IsUnknown).Take(most).Select(static parent => parent.Id)];
    }

    private void DropKnown()
    {
        while (unknown.TryPeek(out var first) && !IsUnknown(first))
            unknown.Dequeue();
    }

    private bool IsUnknown(Parent parent) => parent.Knowledge == Knowledge.Unknown && parents.GetValueOrDefault(parent.Id) == parent;

    private static DependencyVerdict StandingOf(Parent parent, EndCondition on) => parent.Knowledge switch
    {
        Knowledge.Gone => DependencyVerdict.Free,
        Knowledge.Ended => on.IsMetBy(parent.State) ? DependencyVerdict.Free : DependencyVerdict.Unsatisfiable,
        _ => DependencyVerdict.Waiting,
    };

    private Parent ParentOf(TaskId id, Func<TaskId, TaskState?> stateOf)
    {
        if (parents.TryGetValue(id, out var parent))
            return parent;
        parents.Add(id, parent = new Parent(id));
        if (stateOf(id) is not { } state)
            unknown.Enqueue(parent);
        else
            (parent.Knowledge, parent.State) = (state.IsFinal() ? Knowledge.Ended : Knowledge.Open, state);
        return parent;
    }

    private void Learn(TaskId id, Knowledge knowledge, TaskState state)
    {
        if (parents.Count == 0 || !parents.TryGetValue(id, out var parent))
            return;
        // Count the edges out under the old knowledge, then in under the new.
        foreach (var (child, index) in parent.Edges)
            child.Count(StandingOf(parent, child.Edges[index].On), -1);
        (parent.Knowledge, parent.State) = (knowledge, state);
        foreach (var (child, index) in parent.Edges)
        {
            child.Count(StandingOf(parent, child.Edges[index].On), 1);
            Note(child);
        }
    }

    private void Note(Child child)
    {
        if (child.IsListed || child.Verdict == DependencyVerdict.Waiting)
            return;
        child.IsListed = true;
        decided.Enqueue(child);
    }

    private sealed class Parent(TaskId id)
    {
        public TaskId Id => id;

        public Knowledge Knowledge { get; set; }

        /// <summary>The final state of an ended parent.</summary>
        public TaskState State { get; set; }

        /// <summary>The children, each with the index of its edge to this parent. In no particular order.</summary>
        public List<(Child Child, int Edge)> Edges { get; } = [];
    }

    private sealed class Child(TaskId id, Edge[] edges)
    {
        private int waiting;
        private int unsatisfiable;

        public TaskId Id => id;

        public Edge[] Edges => edges;

        /// <summary>Whether it is in the list of decided children.</summary>
        public bool IsListed { get; set; }

        public DependencyVerdict Verdict => unsatisfiable > 0 ? DependencyVerdict.Unsatisfiable
            : waiting > 0 ? DependencyVerdict.Waiting
            : DependencyVerdict.Free;

        public void Count(DependencyVerdict standing, int by)
        {
            if (standing == DependencyVerdict.Waiting)
                waiting += by;
            else if (standing == DependencyVerdict.Unsatisfiable)
                unsatisfiable += by;
        }
    }

    private struct Edge(Parent parent, EndCondition on, int place)
    {
        public readonly Parent Parent = parent;
        public readonly EndCondition On = on;

        /// <summary>The index in the parent's list.</summary>
        public int Place = place;
    }
}
