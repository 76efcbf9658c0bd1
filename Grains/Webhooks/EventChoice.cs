using OrleansTasks.Events;

namespace OrleansTasks.Webhooks;

/// <summary>Which events a webhook wants: those of its types that pass its filter.</summary>
internal sealed record EventChoice(WebhookTypes Types, WebhookFilter Filter)
{
    /// <summary>Returns whether the event is wanted; null if that depends on what it is about.</summary>
    public bool? Wants(in StoredEvent found)
    {
        if ((found.Type & Types) == 0 || !Passes(Filter.States, found.State))
            return false;
        if (Filter is { Names: [], Schedules: [], Labels: [] }
            && (Filter.Queues is [] || found.LogQueue is not null || found.Type is WebhookTypes.Node or WebhookTypes.Queue))
            return Filter.Queues is [] || Passes(Filter.Queues, found.LogQueue ?? (found.Change as ResourceEvent)?.Id);
        return found.LogQueue is { } queue && !Passes(Filter.Queues, queue) ? false : null;
    }

    /// <summary>Returns whether an event that its subject decides is wanted.</summary>
    public bool WantsAbout(EventSubject subject) =>
        Passes(Filter.Names, subject.Name) && Passes(Filter.Queues, subject.Queue) && Passes(Filter.Schedules, subject.Schedule)
        && Filter.Labels.All(subject.Labels.Contains);

    private static bool Passes(ImmutableArray<string> wanted, string? value) =>
        wanted.IsEmpty || (value is not null && wanted.Contains(value));
}
