using OrleansTasks.Tasks;

namespace OrleansTasks.Simulation.World;

/// <summary>Draws what some tasks wait for, from a generator of its own.</summary>
internal sealed class DependencyDraws(int seed)
{
    private const int Recent = 20;
    private readonly SimRandom chance = new(seed, "dependencies");

    /// <summary>Null for most tasks; else one to three tasks out of the newest ones.</summary>
    /// <param name="known">The accepted tasks of the task's queue, oldest first.</param>
    public ImmutableArray<TaskDependency>? Draw(IEnumerable<TaskId> known)
    {
        if (chance.Next(4) != 0)
            return null;
        var recent = known.TakeLast(Recent).ToList();
        var after = ImmutableArray.CreateBuilder<TaskDependency>();
        for (var left = chance.Next(1, 4); left > 0 && recent.Count > 0; left--)
        {
            var parent = recent[chance.Next(recent.Count)];
            recent.Remove(parent);
            after.Add(new TaskDependency(parent, chance.Next(5) switch { 0 => EndCondition.Failed, 1 or 2 => EndCondition.Ended, _ => EndCondition.Succeeded }));
        }

        return after.Count == 0 ? null : after.DrainToImmutable();
    }
}
