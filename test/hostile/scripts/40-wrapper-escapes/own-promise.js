// expect: ok
// value: "mine"
// Hands back a promise whose constructor and species are the script's.
}); const mine = Promise.resolve('mine');
mine.constructor = { [Symbol.species]: function (executor) { executor(() => { throw 1; }, () => { throw 2; }); } };
(() => { return mine;
