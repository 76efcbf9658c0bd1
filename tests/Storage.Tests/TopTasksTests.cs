namespace OrleansTasks.Storage.Tests;

public sealed class TopTasksTests
{
    [Fact]
    public void Page_OfRandomTasks_IsWhatASortGives()
    {
        var random = new Random(7);
        for (var round = 0; round < 200; round++)
        {
            var tasks = Enumerable.Range(0, random.Next(40)).Select(i => new TaskPosition(random.Next(5), new TaskId(0, (ulong)i))).ToList();
            TaskPosition? after = random.Next(2) == 0 || tasks.Count == 0 ? null : tasks[random.Next(tasks.Count)];
            var query = new TaskListQuery(TaskFilter.All, TaskSort.Took, 0, after, random.Next(1, 12), false);
            var top = new TopTasks<TaskPosition>(query);
            foreach (var task in tasks.OrderBy(_ => random.Next()))
                Assert.True(top.Add(task, task));

            var sorted = tasks.OrderByDescending(static task => task.Value).ThenByDescending(static task => task.Id)
                .Where(task => after is not { } last || task.CompareTo(last) < 0);
            Assert.Equal(sorted.Take(query.Limit), top.Page());
        }
    }

    [Fact]
    public void Add_MoreThanAreSorted_SaysSo()
    {
        var top = new TopTasks<int>(new TaskListQuery(TaskFilter.All, TaskSort.Ended, 0, null, 3, false));
        for (var i = 0; i < TaskListQuery.MostSorted; i++)
            Assert.True(top.Add(i, new TaskPosition(i, default)));
        Assert.False(top.IsTooMany);
        Assert.False(top.Add(0, default));
        Assert.True(top.IsTooMany);
    }
}
