using OrleansTasks.Nodes;

namespace OrleansTasks.Tasks;

internal sealed partial class DispatchCore
{
    private const long QuestionRepeat = 5_000;
    private readonly List<(string Node, long Session)> questions = [];

    /// <summary>The nodes to ask now what they had when their session began: here are leases of earlier ones.</summary>
    public IReadOnlyList<(string Node, long Session)> TakeQuestions()
    {
        if (questions.Count == 0)
            return [];
        var taken = questions.ToArray();
        questions.Clear();
        return taken;
    }

    /// <summary>
    /// What a node had when a session began. Of the attempts of its earlier sessions, those are over that it did not have: one that
    /// never started is put back uncounted, the others are lost with the node. What nothing is known of runs out its term.
    /// </summary>
    public void SessionBegan(string id, SessionStart start, long now, CommitDraft draft)
    {
        var node = Node(id);
        node.ToldSession = Math.Max(node.ToldSession, start.Session);
        var tokens = start.Held.Select(static lease => lease.Token).ToHashSet();
        foreach (var held in node.Leases.Values.Where(held => held.Session < start.Session && !tokens.Contains(held.Token)).ToArray())
        {
            var sameRun = start.RunSessions.Contains(held.Session);
            if (sameRun && tasks[held.Slot].State == TaskState.Assigned)
                PutBack(ref tasks[held.Slot], held.Slot, held, now, draft);
            else if (sameRun || start.TreesDead || start.DeadSessions.Contains(held.Session))
                LoseNode(held, now, draft);
        }
    }

    private void Question(DispatchNode node, long now)
    {
        if (node.ToldSession >= node.Session || (node.AskedSession == node.Session && now - node.AskedAt < QuestionRepeat))
            return;
        if (!node.Leases.Values.Any(held => held.Session < node.Session))
            return;
        (node.AskedSession, node.AskedAt) = (node.Session, now);
        questions.Add((node.Id, node.Session));
    }
}
