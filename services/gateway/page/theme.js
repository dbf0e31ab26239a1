// Runs before the first paint, so that the chosen theme does not flash.
{
  const theme = localStorage.getItem("newswire-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
}
